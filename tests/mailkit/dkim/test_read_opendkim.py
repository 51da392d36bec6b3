"""Which key OpenDKIM signs with, by every form of its tables; what cannot be read is said."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from mailkit.dkim.opendkim import OpenDkim
from tests.mailkit.dkim.conftest import EDWARDS, OTHER, RSA, Files

DER = base64.b64encode(
    load_pem_private_key(RSA.pem.encode(), None).private_bytes(
        Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    )
).decode()
KEYS = """# name  domain:selector:file
one example.org:mail:{d}/mail.private
any %:ed:{d}/ed.private     # for whoever has no other
byname %:%s:/keys/%/%.private
provider Host.Example:Mail:{d}/other.private
lost example.org:gone:{d}/gone.private
short example.org:mail
"""
SPKI = {"mail": RSA.spki, "other": OTHER.spki, "ed": EDWARDS.spki}


def found(opendkim: OpenDkim, domain: str) -> list[tuple[str, str, bytes | None]]:
    return [(one.selector, one.signs_as, one.spki) for one in opendkim.read([domain]).of(domain)]


@pytest.mark.parametrize(
    ("signing", "domain", "expected"),
    [
        ("*@example.org one\n", "example.org", [("mail", "example.org", RSA.spki)]),
        ("*@EXAMPLE.org one:%\n", "example.org", [("mail", "example.org", RSA.spki)]),
        ("*@example.org one\n", "example.net", []),
        ("*@example.org one\n", "sub.example.org", []),
        ("*@*.org any\n", "example.org", [("ed", "example.org", EDWARDS.spki)]),
        ("* provider\n", "example.org", [("mail", "host.example", OTHER.spki)]),
        ("*example.org one\n", "example.org", [("mail", "example.org", RSA.spki)]),
        # Only some of its mailboxes.
        ("anna@example.org one\n", "example.org", []),
        ("a*@example.org one\n", "example.org", []),
        # The first counts, ...
        ("*@example.org one\n* any\n", "example.org", [("mail", "example.org", RSA.spki)]),
        ("* any\n*@example.org one\n", "example.org", [("ed", "example.org", EDWARDS.spki)]),
        # ... and a dot is only a dot.
        ("*@exampleXorg one\n", "example.org", []),
    ],
)
def test_patterns(
    signing: str, domain: str, expected: list[tuple[str, str, bytes]], signer_files: Files
) -> None:
    assert found(signer_files.with_tables(KEYS, signing), domain) == expected


def test_several_signatures(signer_files: Files) -> None:
    signing = "*@example.org one\n* any\n"
    opendkim = signer_files.with_tables(KEYS, signing, "multiplesignatures Yes\n")
    assert [one[0] for one in found(opendkim, "example.org")] == ["mail", "ed"]


@pytest.mark.parametrize(
    ("signing", "domain", "selector"),
    [
        ("example.org one\n", "example.org", "mail"),
        ("example.org one\nexample.org lost\n", "example.org", "mail"),
        ("* any\nexample.org one\n", "example.org", "mail"),
        (".example.org one\n", "a.example.org", "mail"),
        (".org any\n.example.org one\n", "a.example.org", "mail"),
        ("example.org one\n", "a.example.org", None),
        ("* any\n", "example.net", "ed"),
        # Without `refile:` this is an address.
        ("*@example.org one\n", "example.org", None),
        ("*@example.org one\n", "example.net", None),
    ],
)
def test_plain_tables(signing: str, domain: str, selector: str | None, signer_files: Files) -> None:
    signer_files.write("K", KEYS)
    signer_files.write("S", signing)
    opendkim = signer_files.opendkim("KeyTable file:{d}/K\nSigningTable {d}/S # comment\n")
    assert [one[0] for one in found(opendkim, domain)] == ([selector] if selector else [])


@pytest.mark.parametrize(
    "config",
    [
        "KeyTable csl:one=example.org:mail:{d}/mail.private, two=x:y:z\n"
        "SigningTable csl:example.org=one\n",
        "KeyTable one=example.org:mail:{d}/mail.private\nSigningTable example.org=one\n",
        "Include {d}/more.conf\nSigningTable refile:{d}/S\n",
        "domain example.org\nSELECTOR mail\nKeyFile {d}/mail.private\n",
        "Domain csl:example.net,Example.org\nSelector mail\nKeyFile {d}/mail.private\n",
        "Domain {d}/domains\nSelector mail\nKeyFile {d}/mail.private\n",
    ],
)
def test_each_way_to_name_the_tables(config: str, signer_files: Files) -> None:
    signer_files.write("more.conf", "KeyTable {d}/K\n")
    signer_files.write("K", KEYS)
    signer_files.write("S", "*@example.org one\n")
    signer_files.write("domains", "# ours\nexample.org\n")
    opendkim = signer_files.opendkim(config)
    assert found(opendkim, "example.org") == [("mail", "example.org", RSA.spki)]


def test_a_key_in_the_table_itself(signer_files: Files) -> None:
    opendkim = signer_files.with_tables(
        f"one example.org:mail:{DER}\nbad %:x:bm90IGEga2V5\n",
        "*@example.org one\n*@example.net bad\n",
    )
    result = opendkim.read(["example.org", "example.net"])
    assert result.of("example.org")[0].spki == RSA.spki
    assert result.of("example.org")[0].path is None
    assert result.of("example.net")[0].spki is None
    assert "bm90IGEga2V5" not in str(result)
    assert result.problems == ()
    assert result.read_keys().problems == (
        "the key of x._domainkey.example.net in the table: no key that can be read",
    )


def test_the_domain_in_a_keys_path(signer_files: Files) -> None:
    (signer_files.directory / "example.org").mkdir()
    signer_files.write("example.org/mail.private", RSA.pem)
    opendkim = signer_files.with_tables("all %:mail:{d}/%/mail.private\n", "* all\n")
    assert found(opendkim, "example.org") == [("mail", "example.org", RSA.spki)]
    assert found(opendkim, "example.net")[0][2] is None


def test_what_cannot_be_read_is_said_and_no_lack_of_keys(signer_files: Files) -> None:
    opendkim = signer_files.with_tables(
        KEYS, "*@example.org lost\n*@example.net none\n*@example.com short\n"
    )
    keys = opendkim.read(["example.org", "example.net", "example.com"]).read_keys()
    assert keys.keys == {}
    assert keys.unread == {"example.org": ("gone",)}
    assert [words.rpartition("/")[2] for words in keys.problems] == [
        "KeyTable: no key none",
        "KeyTable: no key short",
        "gone.private: No such file or directory",
    ]


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("KeyTable {d}/none\nSigningTable {d}/none\n", "none: No such file or directory"),
        ("KeyTable dsn:mysql://x:secret@h/d\nSigningTable {d}/S\n", "dsn: the table is no plain"),
        ("KeyTable {d}/keys.db\nSigningTable {d}/S\n", "db: the table is no plain file"),
        ("KeyTable {d}/K\nSetupPolicyScript /x.lua\n", "a KeyTable without a SigningTable"),
        ("Include {d}/gone.conf\n", "gone.conf: No such file"),
        ("Domain {d}/none\nSelector s\nKeyFile {d}/mail.private\n", "none: No such file"),
    ],
)
def test_tables_that_cannot_be_read(config: str, words: str, signer_files: Files) -> None:
    signer_files.write("S", "example.org one\n")
    signer_files.write("K", KEYS)
    result = signer_files.opendkim(config).read(["example.org"])
    assert result.unreadable
    assert result.rows == ()
    assert words in result.problems[0]
    assert "secret" not in str(result)


def test_no_configuration(tmp_path: Path) -> None:
    result = OpenDkim(tmp_path / "none.conf").read(["example.org"])
    assert result.unreadable
    assert result.problems == (f"{tmp_path}/none.conf: No such file or directory",)


def test_a_signer_that_signs_nothing(signer_files: Files) -> None:
    result = signer_files.opendkim("Mode v\n").read(["example.org"])
    assert (result.rows, result.unreadable) == ((), False)
