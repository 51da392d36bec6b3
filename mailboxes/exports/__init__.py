"""Rows of the four tables as a file: CSV, TSV, XLSX or JSON, written as they are read.

A table for people and other programs (RFC 4180 for CSV) has the columns that `mailimport` knows,
and those that somebody added. `exact` is one JSON document of all four tables, for the same rows
again byte for byte (docs/export.md).
"""
