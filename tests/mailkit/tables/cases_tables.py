"""Cases of the codes about tables, columns and keys."""

from __future__ import annotations

from mailkit.tables import Code
from tests.mailkit.tables.base import NEEDED
from tests.mailkit.tables.case import (
    ALL,
    LITE,
    MY,
    NO_KEY,
    PG,
    Case,
    keyed,
    user,
    users_of,
)

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
            keyed("users", "email", "varchar(80)", "ENGINE=MyISAM"),
        ),
        not_by=(("ALTER TABLE users ENGINE=InnoDB",),),
    ),
    Case(
        Code.TABLE_ROW_FORMAT,
        (MY,),
        ("domains", None),
        made_by=(
            keyed("domains", "domain", "varchar(50)", "ROW_FORMAT=COMPACT"),
            keyed("domains", "domain", "varchar(50)", "ROW_FORMAT=REDUNDANT"),
        ),
        not_by=(
            ("ALTER TABLE domains ROW_FORMAT=DYNAMIC",),
            ("ALTER TABLE domains ROW_FORMAT=COMPRESSED",),
            # MyISAM calls its formats Fixed and Dynamic.
            keyed("domains", "domain", "char(50)", "ENGINE=MyISAM"),
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
            keyed("users", "email", "char(254)"),
            keyed("users", "email", "bytea"),
            keyed("users", "email", "int"),
        ),
        not_by=(
            keyed("users", "email", "text"),
            ("CREATE DOMAIN address AS varchar(254)", *keyed("users", "email", "address")),
        ),
    ),
    Case(
        Code.COLUMN_TYPE,
        (LITE,),
        ("users", "password"),
        made_by=(
            users_of("email text PRIMARY KEY, password INTEGER"),
            users_of("email text PRIMARY KEY, password NUMERIC(20)"),
            users_of("email text PRIMARY KEY, password BLOB", "STRICT"),
        ),
        not_by=(
            users_of("email text PRIMARY KEY, password"),
            users_of("email text PRIMARY KEY, password BLOB"),
            users_of("email text PRIMARY KEY, password ANY", "STRICT"),
            users_of("email text PRIMARY KEY, password CHARACTER(20)"),
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
            users_of("email text UNIQUE, password text, number int NOT NULL PRIMARY KEY"),
            users_of("email text UNIQUE, password text, number text NOT NULL"),
        ),
        not_by=(
            users_of("email text UNIQUE, password text, number INTEGER NOT NULL PRIMARY KEY"),
            users_of("email text UNIQUE, password text, number text NOT NULL DEFAULT 'x'"),
            users_of("email text UNIQUE, password text, number text NOT NULL AS (email) STORED"),
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
            (*NO_KEY, user("A@a.test"), user("b@a.test")),
        ),
        not_by=(
            (),
            (*NO_KEY, "CREATE UNIQUE INDEX e ON users (email)"),
            users_of(f"id int PRIMARY KEY, email varchar(254) UNIQUE, password varchar({NEEDED})"),
            (*NO_KEY, user("b@a.test"), user("b@a.test")),
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
        made_by=((*NO_KEY, user("b@a.test"), user("b@a.test", "x")),),
        not_by=(
            (*NO_KEY, user("b@a.test"), user("bb@a.test")),
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
        made_by=((*NO_KEY, user("b@a.test"), user("B@a.test")),),
        not_by=(
            (
                *NO_KEY,
                "ALTER TABLE users MODIFY email varchar(254) COLLATE utf8mb4_bin",
                user("b@a.test"),
                user("B@a.test"),
            ),
        ),
    ),
    Case(
        Code.KEY_DUPLICATES,
        (LITE,),
        ("users", "email"),
        made_by=(
            (
                *users_of("email text COLLATE NOCASE, password text"),
                user("b@a.test"),
                user("B@a.test"),
            ),
        ),
        not_by=((*NO_KEY, user("b@a.test"), user("B@a.test")),),
    ),
)
