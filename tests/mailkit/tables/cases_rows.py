"""Cases of the codes about single rows."""

from __future__ import annotations

from mailkit.tables import Code
from tests.mailkit.tables.case import (
    ALL,
    BIN,
    CASE_BLIND,
    DOMAIN_A,
    LITE,
    MY,
    NO_KEY,
    NOCASE,
    PG,
    Case,
    forwarding,
    keyed,
    user,
)

ROW_CASES = (
    Case(
        Code.ROW_CAPITALS_DEAD,
        (PG, LITE),
        ("users", "email"),
        made_by=((user("Mixed@a.test"),), (user("mixed@A.test"),)),
        not_by=((user("mixed@a.test"),),),
    ),
    Case(
        Code.ROW_CAPITALS_DEAD,
        (MY,),
        ("users", "email"),
        made_by=((*BIN, user("Mixed@a.test")),),
        not_by=((*BIN, user("mixed@a.test")), (user("Mixed@a.test"),)),
    ),
    Case(
        Code.ROW_CAPITALS_ALIVE,
        (MY,),
        ("users", "email"),
        made_by=((user("Mixed@a.test"),),),
        not_by=((user("mixed@a.test"),), (*BIN, user("Mixed@a.test"))),
    ),
    Case(
        Code.ROW_CAPITALS_ALIVE,
        (PG,),
        ("users", "email"),
        made_by=((*CASE_BLIND, user("Mixed@a.test")),),
        not_by=((*CASE_BLIND, user("mixed@a.test")), (user("Mixed@a.test"),)),
    ),
    Case(
        Code.ROW_CAPITALS_ALIVE,
        (LITE,),
        ("users", "email"),
        made_by=((*NOCASE, user("Mixed@a.test")),),
        not_by=((*NOCASE, user("mixed@a.test")), (user("Mixed@a.test"),)),
    ),
    Case(
        Code.ROW_CASE_TWINS,
        (PG, LITE),
        ("users", "email"),
        made_by=(
            (user("Anna@a.test"), user("anna@a.test")),
            (user("Anna@a.test"), user("ANNA@a.test")),
        ),
        not_by=((user("Anna@a.test"), user("annas@a.test")),),
    ),
    Case(
        Code.ROW_CASE_TWINS,
        (MY,),
        ("users", "email"),
        made_by=((*BIN, user("Anna@a.test"), user("anna@a.test")),),
        not_by=((*BIN, user("Anna@a.test"), user("annas@a.test")),),
    ),
    Case(
        Code.ROW_DUPLICATE,
        ALL,
        ("users", "email"),
        made_by=((*NO_KEY, user("b@a.test"), user("b@a.test", "x")),),
        not_by=((*NO_KEY, user("b@a.test"), user("bb@a.test")),),
    ),
    Case(
        Code.ROW_BLANKS,
        ALL,
        ("users", "email"),
        made_by=(
            (user(" b@a.test"),),
            (user("b@a.test "),),
            (user("b c@a.test"),),
            (user("b\u00a0c@a.test"),),
        ),
        not_by=((user("b_c@a.test"),),),
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
        made_by=((user("é@a.test"),), (user("e@ä.test"),)),
        not_by=((user("{e}~@a.test"),),),
    ),
    Case(
        Code.ROW_NO_DOMAIN_PART,
        ALL,
        ("users", "email"),
        made_by=((user("postmaster"),), (user("postmaster@"),)),
        not_by=((user("postmaster@a"),),),
    ),
    Case(
        Code.ROW_NO_DOMAIN_PART,
        ALL,
        ("forwardings", "source"),
        # Only users are meant: a bare source is asked for where Postfix delivers locally.
        made_by=(),
        not_by=((forwarding("root"),),),
    ),
    Case(
        Code.ROW_NO_LOCAL_PART,
        ALL,
        ("users", "email"),
        made_by=((user("@a.test"),),),
        not_by=((user("@@a.test"),), (forwarding("@a.test"),)),
    ),
    Case(
        Code.ROW_DOMAIN_MISSING,
        ALL,
        ("users", "email"),
        made_by=(
            (user("b@a.test"),),
            (DOMAIN_A, user("b@aa.test")),
            (DOMAIN_A, user("b@sub.a.test")),
        ),
        not_by=(
            (DOMAIN_A, user("b@a.test")),
            # Postfix asks for the domain in lower case.
            (DOMAIN_A, user("b@A.test")),
            (user("b"),),
        ),
    ),
    Case(
        Code.ROW_DOMAIN_MISSING,
        (MY,),
        ("users", "email"),
        # No error 1267 either.
        made_by=(
            (*keyed("domains", "domain", "varchar(253) CHARACTER SET latin1"), user("b@ä.test")),
        ),
        not_by=(
            (
                *keyed("domains", "domain", "varchar(253) CHARACTER SET latin1"),
                DOMAIN_A,
                user("b@a.test"),
            ),
        ),
    ),
    Case(
        Code.ROW_DOMAIN_MISSING,
        (PG,),
        ("users", "email"),
        made_by=((*keyed("domains", "domain", 'varchar(253) COLLATE "C"'), user("b@a.test")),),
        not_by=(
            (*keyed("domains", "domain", 'varchar(253) COLLATE "C"'), DOMAIN_A, user("b@a.test")),
            (*keyed("domains", "domain", "char(253)"), DOMAIN_A, user("b@a.test")),
        ),
    ),
    Case(
        Code.ROW_DOMAIN_MISSING,
        ALL,
        ("forwardings", "source"),
        made_by=((forwarding("@a.test"),),),
        not_by=((DOMAIN_A, forwarding("@a.test")), (forwarding("root"),)),
    ),
    Case(
        Code.ROW_NO_DESTINATION,
        ALL,
        ("forwardings", "destination"),
        made_by=(
            (forwarding("b@a.test", ""),),
            ("INSERT INTO forwardings VALUES ('b@a.test', NULL)",),
        ),
        # Of blanks alone: Postfix defers the mail, which the lint says.
        not_by=((forwarding("b@a.test", "x@a.test"),), (forwarding("b@a.test", " , "),)),
    ),
    Case(
        Code.ROW_DESTINATION_NO_DOMAIN,
        ALL,
        ("forwardings", "destination"),
        made_by=(
            (forwarding("b@a.test", "root"),),
            (forwarding("b@a.test", "x@a.test, root"),),
            (forwarding("b@a.test", "x@a.test root@"),),
        ),
        not_by=(
            (forwarding("@b.test", "@a.test"),),
            (forwarding("b@a.test", "x@a.test\ny@a.test"),),
            (forwarding("b@a.test", ""),),
        ),
    ),
    Case(
        Code.ROW_TRUNCATED_HASH,
        ALL,
        ("users", "password"),
        made_by=(
            (user("b@a.test", "{SHA512-CRYPT}$6$yJA"),),
            (user("b@a.test", "$6$yJA$abc"),),
            (user("b@a.test", "{CRYPT}$!${SHA512-CRYPT}$6$yJA"),),
        ),
        not_by=(
            (user("b@a.test", "abJnggxhB/yWI"),),
            (user("b@a.test", "{PLAIN}secret"),),
            (user("b@a.test", ""),),
            ("INSERT INTO users VALUES ('b@a.test', NULL)",),
        ),
    ),
)
