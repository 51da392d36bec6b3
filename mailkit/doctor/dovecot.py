"""What a bundle says of Dovecot, 2.3 or 2.4: settings, sockets, and its SQL password database."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from mailkit.doctor.bundle import DOVECONF, DOVECOT_VERSION, Bundle
from mailkit.postfix.master import parse_main
from mailkit.tables import Dialect

_DIALECTS: Mapping[str, Dialect] = {
    "mysql": Dialect.MYSQL,
    "pgsql": Dialect.POSTGRESQL,
    "sqlite": Dialect.SQLITE,
}
_VERSION = re.compile(r"(\d+)\.(\d+)")
# What a password without {SCHEME} is taken for where nothing says so.
_DEFAULT_SCHEMES = {False: "MD5", True: "PLAIN"}


@dataclass
class Block:
    """`kind name { ... }` of `doveconf -n`; the whole file is one without kind."""

    kind: str = ""
    name: str = ""
    values: dict[str, str] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)

    def all(self, kind: str) -> Iterator[Block]:
        """The blocks of a kind directly in it."""
        return (block for block in self.blocks if block.kind == kind)


@dataclass(frozen=True)
class SqlPassdb:
    """A password database in SQL. `where`: the file that has it, or `doveconf -n`."""

    where: str
    query: str
    dialect: Dialect | None
    hosts: tuple[str, ...] = ()
    dbname: str = ""
    scheme: str = ""
    # Whether it says so itself.
    scheme_set: bool = False


@dataclass(frozen=True)
class Dovecot:
    """`sql_files_unread`: a passdb in SQL whose file is not in the bundle."""

    version: tuple[int, int] | None
    top: Block
    passdbs: tuple[SqlPassdb, ...] = ()
    sql_files_unread: tuple[str, ...] = ()

    @property
    def is_24(self) -> bool:
        """Whether its settings are 2.4's."""
        return self.version is not None and self.version >= (2, 4)

    def value(self, name: str, default: str = "") -> str:
        """A global setting."""
        return self.top.values.get(name, default)

    @property
    def protocols(self) -> set[str] | None:
        """The protocols that are on; None where nothing says which."""
        for block in self.top.all("protocols"):
            return {name for name, value in block.values.items() if value == "yes"}
        listed = self.value("protocols")
        return set(listed.split()) if listed else None

    def sockets(self, service: str) -> set[str]:
        """The paths of a service's UNIX sockets."""
        return {
            socket.name
            for block in self.top.all("service")
            if block.name == service
            for socket in block.all("unix_listener")
        }

    def has_port(self, service: str) -> bool:
        """Whether a service listens on the network."""
        return any(
            listener.values.get("port", "0") != "0"
            for block in self.top.all("service")
            if block.name == service
            for listener in block.all("inet_listener")
        )

    @property
    def worker_user(self) -> str:
        """Who asks the password database; "" for root, Dovecot's default."""
        for block in self.top.all("service"):
            if block.name == "auth-worker":
                user = block.values.get("user", "")
                return "dovecot" if "default_internal_user" in user else user
        return ""


def read_dovecot(bundle: Bundle) -> Dovecot:
    """Take apart what was read."""
    text = bundle.text(DOVECONF)
    found = _VERSION.search(bundle.text(DOVECOT_VERSION)) or re.match(r"# (\d+)\.(\d+)", text)
    version = (int(found[1]), int(found[2])) if found else None
    top = parse_blocks(text)
    passdbs: list[SqlPassdb] = []
    unread: list[str] = []
    for block in top.all("passdb"):
        if block.values.get("driver") == "sql":
            path = block.values.get("args", "")
            if bundle.has(path):
                passdbs.append(_sql_23(path, bundle.text(path)))
            else:
                unread.append(path)
        elif block.name.split(" ")[0] == "sql" or block.values.get("passdb_driver") == "sql":
            passdbs.append(_sql_24(top, block))
    return Dovecot(version, top, tuple(passdbs), tuple(unread))


def parse_blocks(text: str) -> Block:
    """The blocks of `doveconf -n`; lines that are neither a setting nor a block are left out."""
    top = Block()
    stack = [top]
    for raw in text.split("\n"):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if line == "}":
            if len(stack) > 1:
                stack.pop()
            continue
        if line.endswith("{") and "=" not in line.partition("{")[0]:
            kind, _space, name = line[:-1].strip().partition(" ")
            block = Block(kind, name.strip())
            stack[-1].blocks.append(block)
            if len(stack) < 20:
                stack.append(block)
            continue
        name, equals, value = line.partition("=")
        if equals:
            stack[-1].values[name.strip()] = _unquoted(value.strip())
    return top


def _sql_23(path: str, text: str) -> SqlPassdb:
    # A backslash at a line's end goes on in the next one.
    values = parse_main(re.sub(r"\\\n[ \t]*", " ", text))
    values = {name: _unquoted(value) for name, value in values.items()}
    dialect = _DIALECTS.get(values.get("driver", ""))
    connect = values.get("connect", "")
    hosts: tuple[str, ...] = ()
    if dialect is Dialect.SQLITE:
        dbname = connect
    else:
        # A value may be in libpq's quotes; a password is cut out before.
        pairs = re.findall(r"(\w+)=('[^']*'|\S+)", connect)
        hosts = _hosts(value.strip("'\"") for name, value in pairs if name in ("host", "hostaddr"))
        dbname = next((value.strip("'\"") for name, value in pairs if name == "dbname"), "")
    scheme = values.get("default_pass_scheme", "")
    query = values.get("password_query", "")
    return SqlPassdb(
        path, query, dialect, hosts, dbname, scheme or _DEFAULT_SCHEMES[False], bool(scheme)
    )


def _sql_24(top: Block, block: Block) -> SqlPassdb:
    def value(*names: str) -> str:
        for holder in (block, top):
            for name in names:
                if name in holder.values:
                    return holder.values[name]
        return ""

    driver = value("sql_driver")
    dialect = _DIALECTS.get(driver)
    hosts: tuple[str, ...] = ()
    dbname = value("sqlite_path", "path")
    if dialect is not Dialect.SQLITE:
        servers = [*block.all(driver), *top.all(driver)]
        hosts = _hosts(server.values.get("host") or server.name for server in servers)
        names = [
            inner.values.get("dbname", "")
            for server in servers
            for inner in (server, *server.all("parameters"))
        ]
        dbname = next((name for name in names if name), "")
    scheme = value("default_password_scheme", "passdb_default_password_scheme")
    return SqlPassdb(
        DOVECONF,
        value("query", "passdb_sql_query"),
        dialect,
        hosts,
        dbname,
        scheme or _DEFAULT_SCHEMES[True],
        bool(scheme),
    )


def _hosts(values: Iterable[str]) -> tuple[str, ...]:
    # A client library's own list; libmariadb's with the ports.
    listed = [one for value in values for one in value.split(",")]
    return tuple(re.sub(r":\d+$", "", one) if one.count(":") == 1 else one for one in listed)


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] == '"':
        return value[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return value
