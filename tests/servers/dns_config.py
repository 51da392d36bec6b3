"""The configuration of knot and unbound for the tests."""

from __future__ import annotations

KNOT = """
server:
    rundir: "{directory}"
    listen: 127.0.0.1@{port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 2
log:
  - target: stderr
    any: warning
control:
    listen: "{directory}/knot.sock"
database:
    storage: "{directory}"
    journal-db-max-size: 64M
    kasp-db-max-size: 64M
    timer-db-max-size: 16M
acl:
  - id: loopback
    address: 127.0.0.0/8
    action: [update, transfer]
template:
  - id: default
    storage: "{directory}/zones"
    file: "%s.zone"
    acl: loopback
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
    semantic-checks: off
zone:
"""

UNBOUND = """
server:
  interface: 127.0.0.1
  port: {port}
  directory: "{directory}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  logfile: ""
  verbosity: 1
  key-cache-size: 0
  do-daemonize: no
  do-ip6: no
  num-threads: 1
  do-not-query-localhost: no
  module-config: "validator iterator"
  qname-minimisation: no
  aggressive-nsec: no
  ede: yes
  cache-max-ttl: 0
  cache-max-negative-ttl: 0
  neg-cache-size: 0
  val-bogus-ttl: 0
  infra-host-ttl: 0
  target-fetch-policy: "0 0 0 0 0"
  outgoing-range: 3000
  num-queries-per-thread: 3000
  so-reuseport: no
  local-zone: "." static
remote-control:
  control-enable: yes
  control-interface: "{directory}/unbound.sock"
  control-use-cert: no
server:
"""
