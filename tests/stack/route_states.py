"""Random rows of the four tables, made so that every way of Postfix is met often."""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

# What stands in `domains`. Keys are in lower case: SQLite never finds the row with capitals.
DOMAINS = (
    *("a.test", "b.test", "c.test", "d.test", "sub.a.test", "deep.sub.a.test"),
    *("e.test", "x-y.test", "under_score.test", "Caps.Test"),
)
FAR = ("far.test", "sub.far.test", "sub.b.test", "caps.test")
# Few names, so that chains, loops and lists that include themselves come about.
LOCAL_PARTS = ("u", "v", "w", "x", "info", "u.v", "owner-u", "postmaster")
RARE_LOCAL_PARTS = ("u-request", "a#b", "+u", "u+", "-u", "u..v", "x" * 70, "mailer-daemon")
EXTENSIONS = ("", "", "", "", "+t", "+t+s", "+")
ODD_TARGETS = (
    *("Anna <u@a.test>", '"a b"@a.test', "u@a.test (who)", "root", "x%far.test", "far.test!x"),
    *("v @ a.test", "U@A.Test.", "group: u@a.test, v@b.test;", "u@-bad.test", "u@b..test", "u@1.2"),
    *("-u@a.test", "u@[192.0.2.1]", "u@[x]", "a@b@a.test", "u%far.test@a.test", "|/bin/true"),
    *('"u.v"@a.test', "ü@a.test", "u@ü.test", "@a.test", '""@a.test'),
)
FEW_TARGETS = (1, 1, 1, 1, 2, 2, 3)


@dataclass(frozen=True)
class State:
    """What stands in the tables, and the addresses to send to. Serves as `ResolveTables`."""

    seed: int
    domain_rows: tuple[str, ...]
    users: Set[str]
    rows: Mapping[str, str]
    transport_rows: Mapping[str, str]
    asked: tuple[str, ...]

    def domains(self, names: Sequence[str]) -> Set[str]:
        return {name for name in names if name in self.domain_rows}

    def mailboxes(self, keys: Sequence[str]) -> Set[str]:
        return {key for key in keys if key in self.users}

    def forwardings(self, keys: Sequence[str]) -> Mapping[str, str]:
        return {key: self.rows[key] for key in keys if key in self.rows}

    def transports(self, keys: Sequence[str]) -> Mapping[str, str]:
        return {key: self.transport_rows[key] for key in keys if key in self.transport_rows}

    def __str__(self) -> str:
        return "\n".join(
            (
                f"seed {self.seed}",
                f"domains = {sorted(self.domain_rows)}",
                f"users = {sorted(self.users)}",
                f"forwardings = {dict(self.rows)}",
                f"transports = {dict(self.transport_rows)}",
            )
        )


@dataclass(frozen=True)
class Ports:
    """Where mail is taken besides the relay host and Dovecot."""

    smtp: int
    lmtp: int


def random_state(seed: int, ports: Ports) -> State:
    """At least eight rows a table and at least twenty addresses; the same for the same seed."""
    return _Maker(seed, ports).state()


class _Maker:
    def __init__(self, seed: int, ports: Ports) -> None:
        self.seed = seed
        self.dice = random.Random(seed)
        self.ports = ports
        self.domains = tuple(self.dice.sample(DOMAINS, self.dice.randint(8, len(DOMAINS))))
        # Most addresses lie in three domains, so that rows have to do with each other.
        self.busy = self.dice.sample([one for one in self.domains if one.islower()], 3)

    def state(self) -> State:
        users: dict[str, None] = {}
        while len(users) < self.dice.randint(8, 16):
            users[self.cased(self.address(rare=0.08), 0.04)] = None
        self.users = list(users)
        self.rows: dict[str, str] = {}
        wanted = self.dice.randint(10, 20)
        while len(self.rows) < wanted:
            self.add_forwarding()
        transports: dict[str, str] = {}
        wanted = self.dice.randint(8, 13)
        while len(transports) < wanted:
            key = self.transport_key()
            transports[self.cased(key, 0.06)] = self.transport_value(key)
        if self.dice.random() < 0.12:
            transports["*"] = self.transport_value("*")
        return State(self.seed, self.domains, frozenset(users), self.rows, transports, self.asked())

    # Addresses

    def chance(self, of: float) -> bool:
        return self.dice.random() < of

    def local_domain(self) -> str:
        return self.dice.choice(self.busy if self.chance(0.8) else self.domains).lower()

    def address(self, *, far: float = 0.0, rare: float = 0.02) -> str:
        local = self.dice.choice(RARE_LOCAL_PARTS if self.chance(rare) else LOCAL_PARTS)
        domain = self.dice.choice(FAR) if self.chance(far) else self.local_domain()
        return f"{local}@{domain}"

    def extended(self, address: str, chance: float = 0.25) -> str:
        if not self.chance(chance):
            return address
        local, _at, domain = address.rpartition("@")
        return f"{local}{self.dice.choice(EXTENSIONS[4:])}@{domain}"

    def cased(self, text: str, chance: float) -> str:
        if not self.chance(chance):
            return text
        return text.upper() if self.chance(0.5) else text.title()

    # Forwardings

    def add_forwarding(self) -> None:
        kinds = {
            self.plain: 30,
            self.chain: 9,
            self.loop: 2,
            self.keeps_copy: 9,
            self.catch_all: 7,
            self.domain_alias: 7,
            self.to_extension: 6,
            self.odd: 8,
            self.bare_domain: 1,
        }
        make = self.dice.choices(list(kinds), list(kinds.values()))[0]
        make()

    def put(self, source: str, targets: list[str]) -> None:
        separator = self.dice.choice((", ", ", ", ",", " ", "\n"))
        self.rows[self.cased(source, 0.03)] = separator.join(targets)

    def target(self) -> str:
        kind = self.dice.random()
        if kind < 0.45:
            return self.cased(self.extended(self.dice.choice(self.users), 0.1), 0.1)
        if kind < 0.6:
            return self.cased(self.extended(self.address(far=1.0), 0.1), 0.1)
        return self.extended(self.address(), 0.1)

    def targets(self) -> list[str]:
        return [self.target() for _number in range(self.dice.choice(FEW_TARGETS))]

    def plain(self) -> None:
        self.put(self.extended(self.address(), 0.1), self.targets())

    def chain(self) -> None:
        path = [self.address() for _number in range(self.dice.randint(3, 6))]
        for source, target in itertools.pairwise(path):
            self.put(source, [target, *self.targets()] if self.chance(0.15) else [target])
        self.put(path[-1], [self.target()])

    def loop(self) -> None:
        path = [self.address() for _number in range(self.dice.randint(2, 4))]
        for source, target in zip(path, [*path[1:], path[0]], strict=True):
            self.put(source, [self.extended(target, 0.1)])

    def keeps_copy(self) -> None:
        source = self.dice.choice(self.users) if self.chance(0.8) else self.address()
        targets = [source, *self.targets()]
        self.dice.shuffle(targets)
        self.put(source, targets)

    def catch_all(self) -> None:
        targets = self.targets()
        if self.chance(0.15):
            targets.append(self.address())
        self.put("@" + self.local_domain(), targets)

    def domain_alias(self) -> None:
        target = "@" + (self.dice.choice(FAR) if self.chance(0.15) else self.local_domain())
        source = "@" + self.local_domain() if self.chance(0.85) else self.address()
        self.put(source, [target])

    def to_extension(self) -> None:
        address = self.address()
        self.put(address, [self.extended(address, 1.0) if self.chance(0.2) else self.target()])

    def odd(self) -> None:
        targets = self.targets()
        kind = self.dice.random()
        if kind < 0.35:
            # `@domain` within a list.
            targets.insert(self.dice.randint(0, 1), "@" + self.local_domain())
        elif kind < 0.75:
            targets.append(self.dice.choice(ODD_TARGETS))
        elif kind < 0.9:
            targets = [self.dice.choice(ODD_TARGETS)]
        else:
            targets = [self.dice.choice(("", " "))]
        self.put(self.address(), targets)

    def bare_domain(self) -> None:
        # What makes the domain itself one of virtual_alias_domains.
        self.put(self.local_domain() if self.chance(0.5) else self.dice.choice(FAR), ["u@a.test"])

    # Transports

    def transport_key(self) -> str:
        kind = self.dice.random()
        if kind < 0.35:
            return self.extended(self.dice.choice(self.users), 0.1)
        if kind < 0.5:
            return self.extended(self.address(far=0.4), 0.1)
        domain = self.dice.choice(FAR) if self.chance(0.45) else self.dice.choice(self.domains)
        if kind < 0.78:
            return domain
        return self.dice.choice(("." + domain, "." + domain.partition(".")[2]))

    def transport_value(self, key: str) -> str:
        smtp, lmtp = f"[127.0.0.1]:{self.ports.smtp}", f"[127.0.0.1]:{self.ports.lmtp}"
        values = {
            f"smtp:{smtp}": 10,
            f"relay:{smtp}": 5,
            f"smtp:127.0.0.1:{self.ports.smtp}": 2,
            f"smtp:[127.0.0.1]:1, {smtp}": 1,
            "smtp:": 4,
            "smtp": 2,
            "relay": 1,
            f"lmtp:inet:{lmtp}": 4,
            "lmtp:unix:private/dovecot-lmtp": 6,
            # Without a service it is virtual_transport's, lmtp, in our own domains only: smtp(8)
            # would die of the socket.
            ":unix:private/dovecot-lmtp": 2 * self.is_ours(key),
            f":inet:{lmtp}": 2 * self.is_ours(key),
            ":": 8,
            "": 3,
            "error": 1,
            "error:": 2,
            "error:5.2.1 mailbox disabled": 6,
            "error:closed": 3,
            "error:4.7.1 later": 1,
            "retry:4.2.1 moving": 8,
            "retry:": 3,
            "retry": 1,
            "retry:4.2.1": 1,
            "discard:": 9,
            "discard": 3,
            "discard:silently: gone": 3,
            "nosuch:x": 2,
            "SMTP:": 1,
            " smtp:": 1,
        }
        return self.dice.choices(list(values), list(values.values()))[0]

    def is_ours(self, key: str) -> bool:
        domain = key.rpartition("@")[2]
        return domain in self.domains and domain.islower()

    # Whom to ask about

    def asked(self) -> tuple[str, ...]:
        sources = [one for one in self.rows if "@" in one]
        found: dict[str, None] = {}
        wanted = self.dice.randint(20, 26)
        while len(found) < wanted:
            kind = self.dice.random()
            if kind < 0.55 and sources:
                one = self.dice.choice(sources)
                one = self.dice.choice(LOCAL_PARTS) + one if one.startswith("@") else one
            elif kind < 0.8:
                one = self.dice.choice(self.users)
            else:
                one = self.address(far=0.12, rare=0.1)
            found[self.cased(self.extended(one, 0.2), 0.1)] = None
        return tuple(found)
