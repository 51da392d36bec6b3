"""Cases of the codes about collations, charsets, indexes and settings."""

from __future__ import annotations

from mailkit.tables import Code
from tests.mailkit.tables.case import (
    BIN,
    CASE_BLIND,
    LETTERS_ONLY,
    LITE,
    MY,
    NOCASE,
    PG,
    Case,
    file_mode,
    keyed,
    with_own_collation,
)

SETTING_CASES = (
    Case(Code.COLLATION_CASE, (MY,), ("users", "email"), made_by=(BIN,), not_by=((),)),
    Case(
        Code.COLLATION_CASE,
        (PG,),
        ("users", "email"),
        made_by=((),),
        not_by=(CASE_BLIND, ("CREATE EXTENSION citext", *keyed("users", "email", "citext"))),
    ),
    Case(Code.COLLATION_CASE, (LITE,), ("users", "email"), made_by=((),), not_by=(NOCASE,)),
    Case(
        Code.COLLATION_ACCENTS,
        (MY,),
        ("users", "email"),
        made_by=(
            keyed("users", "email", "varchar(254) COLLATE utf8mb4_general_ci"),
            keyed("users", "email", "varchar(254) CHARACTER SET latin1"),
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
        made_by=(keyed("users", "email", "varchar(254) COLLATE utf8mb4_uca1400_as_ci"), BIN),
        not_by=((), keyed("users", "email", "varchar(254) COLLATE utf8mb4_nopad_bin")),
    ),
    Case(
        Code.COLLATION_BLANKS,
        (PG,),
        ("users", "email"),
        made_by=(keyed("users", "email", "char(254)"),),
        not_by=((), keyed("users", "email", "text")),
    ),
    Case(
        Code.COLLATION_BLANKS,
        (LITE,),
        ("users", "email"),
        made_by=(keyed("users", "email", "varchar(254) COLLATE RTRIM"),),
        not_by=((), NOCASE),
    ),
    Case(
        Code.COLLATION_UNKNOWN,
        (LITE,),
        ("users", "email"),
        made_by=((with_own_collation,),),
        not_by=((), NOCASE),
    ),
    Case(
        Code.COLLATION_NO_SEARCH,
        (PG,),
        ("users", "email"),
        made_by=(CASE_BLIND,),
        not_by=((), ("CREATE EXTENSION citext", *keyed("users", "email", "citext"))),
    ),
    Case(
        Code.CHARSET_NARROW,
        (MY,),
        ("users", "email"),
        made_by=(
            keyed("users", "email", "varchar(254) CHARACTER SET latin1"),
            keyed("users", "email", "varchar(254) CHARACTER SET ascii"),
        ),
        not_by=((), keyed("users", "email", "varchar(254) CHARACTER SET utf8mb3")),
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
            (*BIN, _virtual, _by_domain := "CREATE INDEX d ON users (mailadmin_domain, email)"),
        ),
        not_by=(
            (_virtual, _by_domain),
            (
                *BIN,
                "ALTER TABLE users ADD COLUMN mailadmin_domain varchar(254) COLLATE utf8mb4_bin"
                " AS (LOWER(SUBSTRING_INDEX(email, '@', -1))) VIRTUAL INVISIBLE",
                _by_domain,
            ),
        ),
    ),
    Case(
        Code.INDEX_DOMAIN,
        (PG,),
        ("users", "email"),
        made_by=(
            (),
            ("CREATE INDEX d ON users (lower(split_part(email, '@', 1)), email)",),
            ("CREATE INDEX d ON users (split_part(email, '@', 2), email)",),
            (
                "CREATE INDEX d ON users (lower(split_part(email, '@', 2)), email)"
                " WHERE email > 'b'",
            ),
            ("CREATE INDEX d ON users (lower(split_part(email, '@', 2)))",),
        ),
        not_by=(
            ("CREATE INDEX d ON users (lower(split_part(email, '@', 2)), email)",),
            ("CREATE INDEX d ON users (lower(split_part(email::text, '@'::text, 2)), email)",),
        ),
    ),
    Case(
        Code.INDEX_DOMAIN,
        (LITE,),
        ("users", "email"),
        made_by=(
            (),
            ("CREATE INDEX d ON users (lower(substr(email, instr(email, '@'))), email)",),
            ("CREATE INDEX d ON users (substr(email, instr(email, '@') + 1), email)",),
            ("CREATE INDEX d ON users (lower(substr(email, instr(email, '@') + 1)))",),
            (
                "CREATE INDEX d ON users (lower(substr(email, instr(email, '@') + 1)), email)"
                " WHERE 1",
            ),
        ),
        not_by=(
            ('CREATE INDEX d ON users (lower(substr("email",instr("email",\'@\')+1)), "email")',),
        ),
    ),
    Case(
        Code.INDEX_PREFIX,
        (PG,),
        ("users", "email"),
        made_by=((), ("CREATE INDEX p ON users (email)",)),
        not_by=(
            ("CREATE INDEX p ON users (email varchar_pattern_ops)",),
            ("CREATE INDEX p ON users (email text_pattern_ops)",),
            keyed("users", "email", 'varchar(254) COLLATE "C"'),
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
        made_by=((file_mode(0o644),), (file_mode(0o600),)),
        not_by=((file_mode(0o660),), (file_mode(0o644), "PRAGMA journal_mode = DELETE")),
    ),
)
