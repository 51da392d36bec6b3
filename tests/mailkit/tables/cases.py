"""For each code of `check`, on each database that can have it: what makes it, what just does not.

Each list of statements is run on the tables `SOUND`. `place` is where the finding must be, or
must not be. A statement may be a function of the Database instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mailkit.tables import Code
from tests.mailkit.tables.base import NEEDED
from tests.servers.databases import Database

MY, PG, LITE = "mysql", "postgresql", "sqlite"
ALL = (MY, PG, LITE)

Statement = str | Callable[[Database], None]


@dataclass(frozen=True)
class Case:
    code: Code
    dialects: tuple[str, ...]
    place: tuple[str | None, str | None]
    made_by: tuple[tuple[Statement, ...], ...]
    not_by: tuple[tuple[Statement, ...], ...]
    # How the database itself is made.
    made_in: tuple[tuple[str, str], ...] = ()
    not_in: tuple[tuple[str, str], ...] = ()


def _users(columns: str, options: str = "") -> tuple[str, str]:
    return ("DROP TABLE users", f"CREATE TABLE users ({columns}) {options}")


def _key(table: str, column: str, type_: str, options: str = "") -> tuple[str, str]:
    value = {"users": f", password varchar({NEEDED})", "forwardings": ", destination text"}
    columns = f"{column} {type_} NOT NULL PRIMARY KEY{value.get(table, '')}"
    return (f"DROP TABLE {table}", f"CREATE TABLE {table} ({columns}) {options}")


def _user(email: str, password: str = "") -> str:
    return f"INSERT INTO users (email, password) VALUES ('{email}', '{password}')"


def _forwarding(source: str, destination: str = "x@a.test") -> str:
    return f"INSERT INTO forwardings VALUES ('{source}', '{destination}')"


def _with_own_collation(database: Database) -> None:
    connection = database.connect()
    connection.create_collation("german", lambda a, b: (a > b) - (a < b))
    connection.execute("DROP TABLE users")
    connection.execute("CREATE TABLE users (email text COLLATE german PRIMARY KEY, password text)")
    connection.close()


def _mode(file: int) -> Callable[[Database], None]:
    return lambda database: Path(database.name).chmod(file)


BIN = _key("users", "email", "varchar(254) COLLATE utf8mb4_bin")
NOCASE = _key("users", "email", "varchar(254) COLLATE NOCASE")
# Nondeterministic: level 1 compares letters, level 2 accents too, level 3 case too.
LETTERS_ONLY = (
    "CREATE COLLATION letters (provider=icu, locale='und-u-ks-level1', deterministic=false)",
    *_key("users", "email", "varchar(254) COLLATE letters"),
)
CASE_BLIND = (
    "CREATE COLLATION case_blind (provider=icu, locale='und-u-ks-level2', deterministic=false)",
    *_key("users", "email", "varchar(254) COLLATE case_blind"),
)
NO_KEY = _users(f"email varchar(254), password varchar({NEEDED})")
DOMAIN_A = "INSERT INTO domains VALUES ('a.test')"

TABLE_CASES = (
    Case(
        Code.TABLE_MISSING,
        ALL,
        ("transport", None),
        made_by=(("DROP TABLE transport",), ("ALTER TABLE transport RENAME TO transports",)),
        not_by=((), ("DELETE FROM transport",)),
    ),
    Case(
        Code.TABLE_VIEW,
        ALL,
        ("users", None),
        made_by=(
            ("ALTER TABLE users RENAME TO people", "CREATE VIEW users AS SELECT * FROM people"),
        ),
        not_by=(("CREATE VIEW people AS SELECT * FROM users",),),
    ),
    Case(
        Code.TABLE_ENGINE,
        (MY,),
        ("users", None),
        made_by=(
            ("ALTER TABLE users ENGINE=Aria",),
            _key("users", "email", "varchar(80)", "ENGINE=MyISAM"),
        ),
        not_by=(("ALTER TABLE users ENGINE=InnoDB",),),
    ),
    Case(
        Code.TABLE_ROW_FORMAT,
        (MY,),
        ("domains", None),
        made_by=(
            _key("domains", "domain", "varchar(50)", "ROW_FORMAT=COMPACT"),
            _key("domains", "domain", "varchar(50)", "ROW_FORMAT=REDUNDANT"),
        ),
        not_by=(
            ("ALTER TABLE domains ROW_FORMAT=DYNAMIC",),
            ("ALTER TABLE domains ROW_FORMAT=COMPRESSED",),
            # MyISAM calls its formats Fixed and Dynamic.
            _key("domains", "domain", "char(50)", "ENGINE=MyISAM"),
        ),
    ),
    Case(
        Code.COLUMN_MISSING,
        ALL,
        ("users", "password"),
        made_by=(("ALTER TABLE users DROP COLUMN password",),),
        not_by=((),),
    ),
    Case(
        Code.COLUMN_MISSING,
        (MY, LITE),
        ("users", "password"),
        made_by=(("ALTER TABLE users RENAME COLUMN password TO passwort",),),
        # There case does not count in the names of columns.
        not_by=(("ALTER TABLE users RENAME COLUMN password TO Password",),),
    ),
    Case(
        Code.COLUMN_MISSING,
        (PG,),
        ("users", "password"),
        made_by=(('ALTER TABLE users RENAME COLUMN password TO "Password"',),),
        not_by=(("ALTER TABLE users ADD COLUMN passwords text",),),
    ),
    Case(
        Code.COLUMN_TYPE,
        (MY, PG),
        ("forwardings", "destination"),
        made_by=(
            _forwardings := (
                "DROP TABLE forwardings",
                "CREATE TABLE forwardings (source varchar(254) PRIMARY KEY,"
                " destination varchar(3999))",
            ),
        ),
        not_by=(tuple(sql.replace("3999", "4000") for sql in _forwardings),),
    ),
    Case(
        Code.COLUMN_TYPE,
        (MY,),
        ("users", "password"),
        made_by=(
            ("ALTER TABLE users MODIFY password varbinary(255)",),
            ("ALTER TABLE users MODIFY password blob",),
            ("ALTER TABLE users MODIFY password bigint",),
        ),
        not_by=(
            ("ALTER TABLE users MODIFY password char(255)",),
            ("ALTER TABLE users MODIFY password tinytext",),
        ),
    ),
    Case(
        Code.COLUMN_TYPE,
        (PG,),
        ("users", "email"),
        made_by=(
            _key("users", "email", "char(254)"),
            _key("users", "email", "bytea"),
            _key("users", "email", "int"),
        ),
        not_by=(
            _key("users", "email", "text"),
            ("CREATE DOMAIN address AS varchar(254)", *_key("users", "email", "address")),
        ),
    ),
    Case(
        Code.COLUMN_TYPE,
        (LITE,),
        ("users", "password"),
        made_by=(
            _users("email text PRIMARY KEY, password INTEGER"),
            _users("email text PRIMARY KEY, password NUMERIC(20)"),
            _users("email text PRIMARY KEY, password BLOB", "STRICT"),
        ),
        not_by=(
            _users("email text PRIMARY KEY, password"),
            _users("email text PRIMARY KEY, password BLOB"),
            _users("email text PRIMARY KEY, password ANY", "STRICT"),
            _users("email text PRIMARY KEY, password CHARACTER(20)"),
        ),
    ),
    *(
        Case(
            Code.COLUMN_NARROW,
            (dialect,),
            (table, column),
            made_by=((alter.format(table=table, column=column, width=width - 1),),),
            not_by=((alter.format(table=table, column=column, width=width),), ()),
        )
        for dialect, alter in (
            (MY, "ALTER TABLE {table} MODIFY {column} varchar({width})"),
            (PG, "ALTER TABLE {table} ALTER {column} TYPE varchar({width})"),
        )
        for table, column, width in (
            ("domains", "domain", 253),
            ("forwardings", "source", 254),
            ("users", "email", 254),
            ("users", "password", NEEDED),
            ("transport", "domain", 254),
            ("transport", "transport", 128),
        )
    ),
    Case(
        Code.COLUMN_REQUIRED,
        (MY, PG),
        ("users", "quota"),
        made_by=(("ALTER TABLE users ADD COLUMN quota int NOT NULL",),),
        not_by=(
            ("ALTER TABLE users ADD COLUMN quota int NOT NULL DEFAULT 0",),
            ("ALTER TABLE users ADD COLUMN quota int",),
            ("ALTER TABLE users ADD COLUMN quota int GENERATED ALWAYS AS (1) STORED",),
        ),
    ),
    Case(
        Code.COLUMN_REQUIRED,
        (MY,),
        ("users", "number"),
        made_by=(("ALTER TABLE users ADD COLUMN number int NOT NULL UNIQUE",),),
        not_by=(("ALTER TABLE users ADD COLUMN number int NOT NULL UNIQUE AUTO_INCREMENT",),),
    ),
    Case(
        Code.COLUMN_REQUIRED,
        (PG,),
        ("users", "number"),
        made_by=(("ALTER TABLE users ADD COLUMN number int NOT NULL UNIQUE",),),
        not_by=(
            ("ALTER TABLE users ADD COLUMN number serial",),
            ("ALTER TABLE users ADD COLUMN number int GENERATED ALWAYS AS IDENTITY",),
        ),
    ),
    Case(
        Code.COLUMN_REQUIRED,
        (LITE,),
        ("users", "number"),
        made_by=(
            _users("email text UNIQUE, password text, number int NOT NULL PRIMARY KEY"),
            _users("email text UNIQUE, password text, number text NOT NULL"),
        ),
        not_by=(
            _users("email text UNIQUE, password text, number INTEGER NOT NULL PRIMARY KEY"),
            _users("email text UNIQUE, password text, number text NOT NULL DEFAULT 'x'"),
            _users("email text UNIQUE, password text, number text NOT NULL AS (email) STORED"),
        ),
    ),
    Case(
        Code.KEY_MISSING,
        ALL,
        ("users", "email"),
        made_by=(
            NO_KEY,
            (*NO_KEY, "CREATE INDEX e ON users (email)"),
            (*NO_KEY, "CREATE UNIQUE INDEX e ON users (email, password)"),
            (*NO_KEY, _user("A@a.test"), _user("b@a.test")),
        ),
        not_by=(
            (),
            (*NO_KEY, "CREATE UNIQUE INDEX e ON users (email)"),
            _users(f"id int PRIMARY KEY, email varchar(254) UNIQUE, password varchar({NEEDED})"),
            (*NO_KEY, _user("b@a.test"), _user("b@a.test")),
        ),
    ),
    Case(
        Code.KEY_MISSING,
        (PG, LITE),
        ("users", "email"),
        made_by=((*NO_KEY, "CREATE UNIQUE INDEX e ON users (email) WHERE email > 'b'"),),
        not_by=((*NO_KEY, "CREATE UNIQUE INDEX e ON users (email)"),),
    ),
    Case(
        Code.KEY_DUPLICATES,
        ALL,
        ("users", "email"),
        made_by=((*NO_KEY, _user("b@a.test"), _user("b@a.test", "x")),),
        not_by=(
            (*NO_KEY, _user("b@a.test"), _user("bb@a.test")),
            (
                *NO_KEY,
                "INSERT INTO users VALUES (NULL, 'x')",
                "INSERT INTO users VALUES (NULL, 'x')",
            ),
        ),
    ),
    Case(
        Code.KEY_DUPLICATES,
        (MY,),
        ("users", "email"),
        made_by=((*NO_KEY, _user("b@a.test"), _user("B@a.test")),),
        not_by=(
            (
                *NO_KEY,
                "ALTER TABLE users MODIFY email varchar(254) COLLATE utf8mb4_bin",
                _user("b@a.test"),
                _user("B@a.test"),
            ),
        ),
    ),
    Case(
        Code.KEY_DUPLICATES,
        (LITE,),
        ("users", "email"),
        made_by=(
            (
                *_users("email text COLLATE NOCASE, password text"),
                _user("b@a.test"),
                _user("B@a.test"),
            ),
        ),
        not_by=((*NO_KEY, _user("b@a.test"), _user("B@a.test")),),
    ),
    Case(Code.COLLATION_CASE, (MY,), ("users", "email"), made_by=(BIN,), not_by=((),)),
    Case(
        Code.COLLATION_CASE,
        (PG,),
        ("users", "email"),
        made_by=((),),
        not_by=(CASE_BLIND, ("CREATE EXTENSION citext", *_key("users", "email", "citext"))),
    ),
    Case(Code.COLLATION_CASE, (LITE,), ("users", "email"), made_by=((),), not_by=(NOCASE,)),
    Case(
        Code.COLLATION_ACCENTS,
        (MY,),
        ("users", "email"),
        made_by=(
            _key("users", "email", "varchar(254) COLLATE utf8mb4_general_ci"),
            _key("users", "email", "varchar(254) CHARACTER SET latin1"),
        ),
        not_by=((), BIN),
    ),
    Case(
        Code.COLLATION_ACCENTS,
        (PG,),
        ("users", "email"),
        made_by=(LETTERS_ONLY,),
        not_by=((), CASE_BLIND),
    ),
    Case(
        Code.COLLATION_BLANKS,
        (MY,),
        ("users", "email"),
        made_by=(_key("users", "email", "varchar(254) COLLATE utf8mb4_uca1400_as_ci"), BIN),
        not_by=((), _key("users", "email", "varchar(254) COLLATE utf8mb4_nopad_bin")),
    ),
    Case(
        Code.COLLATION_BLANKS,
        (PG,),
        ("users", "email"),
        made_by=(_key("users", "email", "char(254)"),),
        not_by=((), _key("users", "email", "text")),
    ),
    Case(
        Code.COLLATION_BLANKS,
        (LITE,),
        ("users", "email"),
        made_by=(_key("users", "email", "varchar(254) COLLATE RTRIM"),),
        not_by=((), NOCASE),
    ),
    Case(
        Code.COLLATION_UNKNOWN,
        (LITE,),
        ("users", "email"),
        made_by=((_with_own_collation,),),
        not_by=((), NOCASE),
    ),
    Case(
        Code.COLLATION_NO_SEARCH,
        (PG,),
        ("users", "email"),
        made_by=(CASE_BLIND,),
        not_by=((), ("CREATE EXTENSION citext", *_key("users", "email", "citext"))),
    ),
    Case(
        Code.CHARSET_NARROW,
        (MY,),
        ("users", "email"),
        made_by=(
            _key("users", "email", "varchar(254) CHARACTER SET latin1"),
            _key("users", "email", "varchar(254) CHARACTER SET ascii"),
        ),
        not_by=((), _key("users", "email", "varchar(254) CHARACTER SET utf8mb3")),
    ),
    Case(
        Code.CHARSET_NARROW,
        (PG,),
        (None, None),
        made_by=((),),
        not_by=((),),
        made_in=(("charset", "SQL_ASCII"), ("collation", "C")),
    ),
    Case(
        Code.INDEX_DOMAIN,
        (MY,),
        ("users", "email"),
        made_by=(
            (),
            (
                _virtual := "ALTER TABLE users ADD COLUMN mailadmin_domain varchar(254)"
                " AS (SUBSTRING_INDEX(email, '@', -1)) VIRTUAL INVISIBLE",
            ),
            (_virtual, "CREATE INDEX mailadmin_domain ON users (email, mailadmin_domain)"),
        ),
        not_by=((_virtual, "CREATE INDEX mailadmin_domain ON users (mailadmin_domain, email)"),),
    ),
    Case(
        Code.INDEX_DOMAIN,
        (PG,),
        ("users", "email"),
        made_by=(
            (),
            ("CREATE INDEX d ON users (split_part(email, '@', 1), email)",),
            ("CREATE INDEX d ON users (split_part(email, '@', 2), email) WHERE email > 'b'",),
            ("CREATE INDEX d ON users (split_part(email, '@', 2))",),
        ),
        not_by=(
            ("CREATE INDEX d ON users (split_part(email, '@', 2), email)",),
            ("CREATE INDEX d ON users (split_part(email::text, '@'::text, 2), email)",),
        ),
    ),
    Case(
        Code.INDEX_DOMAIN,
        (LITE,),
        ("users", "email"),
        made_by=(
            (),
            ("CREATE INDEX d ON users (substr(email, instr(email, '@')), email)",),
            ("CREATE INDEX d ON users (substr(email, instr(email, '@') + 1))",),
            ("CREATE INDEX d ON users (substr(email, instr(email, '@') + 1), email) WHERE 1",),
        ),
        not_by=(('CREATE INDEX d ON users (substr("email",instr("email",\'@\')+1), "email")',),),
    ),
    Case(
        Code.INDEX_PREFIX,
        (PG,),
        ("users", "email"),
        made_by=((), ("CREATE INDEX p ON users (email)",)),
        not_by=(
            ("CREATE INDEX p ON users (email varchar_pattern_ops)",),
            ("CREATE INDEX p ON users (email text_pattern_ops)",),
            _key("users", "email", 'varchar(254) COLLATE "C"'),
        ),
    ),
    Case(
        Code.INDEX_PREFIX,
        (PG,),
        ("forwardings", "source"),
        made_by=((),),
        not_by=((),),
        not_in=(("collation", "C"),),
    ),
    Case(
        Code.SETTING_LENIENT,
        (MY,),
        (None, None),
        made_by=(
            ("SET GLOBAL sql_mode = ''",),
            ("SET GLOBAL sql_mode = 'NO_ENGINE_SUBSTITUTION'",),
        ),
        not_by=(
            ("SET GLOBAL sql_mode = 'STRICT_TRANS_TABLES'",),
            ("SET GLOBAL sql_mode = 'TRADITIONAL'",),
            # What this connection has is the panel's affair.
            ("SET GLOBAL sql_mode = 'STRICT_ALL_TABLES'", "SET SESSION sql_mode = ''"),
        ),
    ),
    Case(
        Code.SQLITE_JOURNAL,
        (LITE,),
        (None, None),
        made_by=(("PRAGMA journal_mode = DELETE",), ("PRAGMA journal_mode = TRUNCATE",)),
        not_by=(("PRAGMA journal_mode = WAL",),),
    ),
    Case(
        Code.SQLITE_RIGHTS,
        (LITE,),
        (None, None),
        made_by=((_mode(0o644),), (_mode(0o600),)),
        not_by=((_mode(0o660),), (_mode(0o644), "PRAGMA journal_mode = DELETE")),
    ),
)

ROW_CASES = (
    Case(
        Code.ROW_CAPITALS_DEAD,
        (PG, LITE),
        ("users", "email"),
        made_by=((_user("Mixed@a.test"),), (_user("mixed@A.test"),)),
        not_by=((_user("mixed@a.test"),),),
    ),
    Case(
        Code.ROW_CAPITALS_DEAD,
        (MY,),
        ("users", "email"),
        made_by=((*BIN, _user("Mixed@a.test")),),
        not_by=((*BIN, _user("mixed@a.test")), (_user("Mixed@a.test"),)),
    ),
    Case(
        Code.ROW_CAPITALS_ALIVE,
        (MY,),
        ("users", "email"),
        made_by=((_user("Mixed@a.test"),),),
        not_by=((_user("mixed@a.test"),), (*BIN, _user("Mixed@a.test"))),
    ),
    Case(
        Code.ROW_CAPITALS_ALIVE,
        (PG,),
        ("users", "email"),
        made_by=((*CASE_BLIND, _user("Mixed@a.test")),),
        not_by=((*CASE_BLIND, _user("mixed@a.test")), (_user("Mixed@a.test"),)),
    ),
    Case(
        Code.ROW_CAPITALS_ALIVE,
        (LITE,),
        ("users", "email"),
        made_by=((*NOCASE, _user("Mixed@a.test")),),
        not_by=((*NOCASE, _user("mixed@a.test")), (_user("Mixed@a.test"),)),
    ),
    Case(
        Code.ROW_CASE_TWINS,
        (PG, LITE),
        ("users", "email"),
        made_by=(
            (_user("Anna@a.test"), _user("anna@a.test")),
            (_user("Anna@a.test"), _user("ANNA@a.test")),
        ),
        not_by=((_user("Anna@a.test"), _user("annas@a.test")),),
    ),
    Case(
        Code.ROW_CASE_TWINS,
        (MY,),
        ("users", "email"),
        made_by=((*BIN, _user("Anna@a.test"), _user("anna@a.test")),),
        not_by=((*BIN, _user("Anna@a.test"), _user("annas@a.test")),),
    ),
    Case(
        Code.ROW_DUPLICATE,
        ALL,
        ("users", "email"),
        made_by=((*NO_KEY, _user("b@a.test"), _user("b@a.test", "x")),),
        not_by=((*NO_KEY, _user("b@a.test"), _user("bb@a.test")),),
    ),
    Case(
        Code.ROW_BLANKS,
        ALL,
        ("users", "email"),
        made_by=(
            (_user(" b@a.test"),),
            (_user("b@a.test "),),
            (_user("b c@a.test"),),
            (_user("b\u00a0c@a.test"),),
        ),
        not_by=((_user("b_c@a.test"),),),
    ),
    Case(
        Code.ROW_EMPTY_KEY,
        ALL,
        ("transport", "domain"),
        made_by=(("INSERT INTO transport VALUES ('', 'smtp:')",),),
        not_by=(("INSERT INTO transport VALUES ('*', 'smtp:')",),),
    ),
    Case(
        Code.ROW_EMPTY_KEY,
        ALL,
        ("users", "email"),
        made_by=(
            (*NO_KEY, "INSERT INTO users VALUES (NULL, 'x')"),
            (
                *NO_KEY,
                "CREATE UNIQUE INDEX e ON users (email)",
                "INSERT INTO users VALUES (NULL, 'x')",
            ),
        ),
        not_by=((*NO_KEY, "INSERT INTO users VALUES ('b@a.test', NULL)"),),
    ),
    Case(
        Code.ROW_NON_ASCII,
        ALL,
        ("users", "email"),
        made_by=((_user("é@a.test"),), (_user("e@ä.test"),)),
        not_by=((_user("{e}~@a.test"),),),
    ),
    Case(
        Code.ROW_NO_DOMAIN_PART,
        ALL,
        ("users", "email"),
        made_by=((_user("postmaster"),), (_user("postmaster@"),)),
        not_by=((_user("postmaster@a"),),),
    ),
    Case(
        Code.ROW_NO_DOMAIN_PART,
        ALL,
        ("forwardings", "source"),
        # Only users are meant: a bare source is asked for where Postfix delivers locally.
        made_by=(),
        not_by=((_forwarding("root"),),),
    ),
    Case(
        Code.ROW_NO_LOCAL_PART,
        ALL,
        ("users", "email"),
        made_by=((_user("@a.test"),),),
        not_by=((_user("@@a.test"),), (_forwarding("@a.test"),)),
    ),
    Case(
        Code.ROW_DOMAIN_MISSING,
        ALL,
        ("users", "email"),
        made_by=(
            (_user("b@a.test"),),
            (DOMAIN_A, _user("b@aa.test")),
            (DOMAIN_A, _user("b@sub.a.test")),
        ),
        not_by=(
            (DOMAIN_A, _user("b@a.test")),
            # Postfix asks for the domain in lower case.
            (DOMAIN_A, _user("b@A.test")),
            (_user("b"),),
        ),
    ),
    Case(
        Code.ROW_DOMAIN_MISSING,
        (MY,),
        ("users", "email"),
        # No error 1267 either.
        made_by=(
            (*_key("domains", "domain", "varchar(253) CHARACTER SET latin1"), _user("b@ä.test")),
        ),
        not_by=(
            (
                *_key("domains", "domain", "varchar(253) CHARACTER SET latin1"),
                DOMAIN_A,
                _user("b@a.test"),
            ),
        ),
    ),
    Case(
        Code.ROW_DOMAIN_MISSING,
        (PG,),
        ("users", "email"),
        made_by=((*_key("domains", "domain", 'varchar(253) COLLATE "C"'), _user("b@a.test")),),
        not_by=(
            (*_key("domains", "domain", 'varchar(253) COLLATE "C"'), DOMAIN_A, _user("b@a.test")),
            (*_key("domains", "domain", "char(253)"), DOMAIN_A, _user("b@a.test")),
        ),
    ),
    Case(
        Code.ROW_DOMAIN_MISSING,
        ALL,
        ("forwardings", "source"),
        made_by=((_forwarding("@a.test"),),),
        not_by=((DOMAIN_A, _forwarding("@a.test")), (_forwarding("root"),)),
    ),
    Case(
        Code.ROW_NO_DESTINATION,
        ALL,
        ("forwardings", "destination"),
        made_by=(
            (_forwarding("b@a.test", ""),),
            (_forwarding("b@a.test", " , "),),
            ("INSERT INTO forwardings VALUES ('b@a.test', NULL)",),
        ),
        not_by=((_forwarding("b@a.test", "x@a.test"),),),
    ),
    Case(
        Code.ROW_DESTINATION_NO_DOMAIN,
        ALL,
        ("forwardings", "destination"),
        made_by=(
            (_forwarding("b@a.test", "root"),),
            (_forwarding("b@a.test", "x@a.test, root"),),
            (_forwarding("b@a.test", "x@a.test root@"),),
        ),
        not_by=(
            (_forwarding("@b.test", "@a.test"),),
            (_forwarding("b@a.test", "x@a.test\ny@a.test"),),
            (_forwarding("b@a.test", ""),),
        ),
    ),
    Case(
        Code.ROW_TRUNCATED_HASH,
        ALL,
        ("users", "password"),
        made_by=(
            (_user("b@a.test", "{SHA512-CRYPT}$6$yJA"),),
            (_user("b@a.test", "$6$yJA$abc"),),
            (_user("b@a.test", "{CRYPT}$!${SHA512-CRYPT}$6$yJA"),),
        ),
        not_by=(
            (_user("b@a.test", "abJnggxhB/yWI"),),
            (_user("b@a.test", "{PLAIN}secret"),),
            (_user("b@a.test", ""),),
            ("INSERT INTO users VALUES ('b@a.test', NULL)",),
        ),
    ),
)

CASES = TABLE_CASES + ROW_CASES
