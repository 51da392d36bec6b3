"""How Postfix reads the four tables: alias expansion, transports, master.cf.

The rules are those of virtual(5), transport(5) and master(5), as Postfix 3.7 and 3.10 carry them
out; each module names the part of Postfix that it follows.
"""
