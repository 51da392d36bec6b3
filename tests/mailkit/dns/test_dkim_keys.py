"""The signer's keys: made, read from each place they are kept, and never shown."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from mailkit.dns.dkim_keys import (
    KeyFault,
    make_ed25519,
    make_rsa,
    read_key_dir,
    read_pem,
)
from mailkit.dns.dkim_record import read_der

RSA = make_rsa()
EDWARDS = make_ed25519()


def private(pem: str):
    return load_pem_private_key(pem.encode(), None)


def test_a_pair_is_as_strong_as_it_says() -> None:
    assert (read_der(RSA.spki).kind, read_der(RSA.spki).bits) == ("rsa", 2048)
    assert read_der(EDWARDS.spki).kind == "ed25519"
    assert make_ed25519().spki != EDWARDS.spki


def test_the_private_half_is_not_shown() -> None:
    assert "PRIVATE" not in repr(RSA)
    assert "pem" not in repr(EDWARDS)
    assert not hasattr(RSA.signer_key("mail"), "pem")


TRADITIONAL = private(RSA.pem).private_bytes(
    Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
)
PUBLIC = private(RSA.pem).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
LOCKED = private(RSA.pem).private_bytes(
    Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
)
SEED = private(EDWARDS.pem).private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())


@pytest.mark.parametrize(
    ("text", "spki"),
    [
        (RSA.pem, RSA.spki),
        (TRADITIONAL, RSA.spki),
        (PUBLIC, RSA.spki),
        (b"comment\n" + TRADITIONAL, RSA.spki),
        (EDWARDS.pem, EDWARDS.spki),
        (base64.b64encode(SEED), EDWARDS.spki),
        (base64.b64encode(SEED + EDWARDS.spki[-32:]) + b"\n", EDWARDS.spki),
    ],
    ids=["PKCS#8", "traditional", "public", "with a comment", "Ed25519", "rspamd 32", "rspamd 64"],
)
def test_it_reads_each_way_a_key_is_written(text: str | bytes, spki: bytes) -> None:
    assert read_pem(text) == spki


EC = ec.generate_private_key(ec.SECP256R1()).private_bytes(
    Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (LOCKED, "passphrase"),
        (EC, "neither an RSA nor"),
        (b"", "no key"),
        (b"\xff\xfe", "no key"),
        ("-----BEGIN PRIVATE KEY-----\nbm90aGluZw==\n-----END PRIVATE KEY-----\n", "no key"),
        (RSA.pem[:300], "no key"),
        ("c2hvcnQ=", "no key"),
    ],
)
def test_what_is_no_key_is_refused_without_quoting_it(text: str | bytes, words: str) -> None:
    with pytest.raises(KeyFault, match=words) as caught:
        read_pem(text)
    assert "bm90" not in str(caught.value)


def test_it_reads_a_key_directory(tmp_path: Path) -> None:
    (tmp_path / "example.org.mail.key").write_text(RSA.pem)
    (tmp_path / "Example.org.ed.key").write_text(EDWARDS.pem)
    (tmp_path / "sub.example.org.2024.q1.key").write_text(RSA.pem)
    (tmp_path / "example.net").mkdir()
    (tmp_path / "example.net" / "dkim.private").write_text(RSA.pem)
    (tmp_path / "example.net" / "dkim.txt").write_text("not a key")
    (tmp_path / "broken.org.mail.key").write_text("junk")
    (tmp_path / "README").write_text("not a key")
    found = read_key_dir(tmp_path, ["sub.example.org"])
    assert {d: sorted(k.selector for k in keys) for d, keys in found.keys.items()} == {
        "example.org": ["ed", "mail"],
        "sub.example.org": ["2024.q1"],
        "example.net": ["dkim"],
    }
    assert found.keys["example.net"][0].spki == RSA.spki
    assert found.problems == (f"{tmp_path}/broken.org.mail.key: no key that can be read",)

    assert found.unread == {"broken.org": ("mail",)}
    assert not found.unreadable


def test_it_opens_the_files_of_the_domains_that_are_asked_for_only(tmp_path: Path) -> None:
    (tmp_path / "example.org.mail.key").write_text(RSA.pem)
    (tmp_path / "example.net.mail.key").write_text("junk")
    (tmp_path / "example.com").mkdir()
    (tmp_path / "example.com" / "dkim.private").write_text("junk")
    found = read_key_dir(tmp_path, only=["Example.org"])
    assert (list(found.keys), found.problems, found.unread) == (["example.org"], (), {})


@pytest.mark.parametrize(
    ("known", "domain", "selector"),
    [
        (["example.co"], "example.co", "uk.s1"),
        (["example.co", "example.co.uk"], "example.co.uk", "s1"),
        ([], "example.co.uk", "s1"),
        (["xample.co"], "example.co.uk", "s1"),
    ],
)
def test_a_file_is_of_the_longest_domain_that_is_known(
    known: list[str], domain: str, selector: str, tmp_path: Path
) -> None:
    (tmp_path / "example.co.uk.s1.key").write_text(RSA.pem)
    found = read_key_dir(tmp_path, known)
    assert {name: [k.selector for k in keys] for name, keys in found.keys.items()} == {
        domain: [selector]
    }


def test_a_domains_directory_that_cannot_be_listed_is_no_lack_of_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shut = tmp_path / "example.net"
    shut.mkdir()
    (tmp_path / "example.org.mail.key").write_text(RSA.pem)
    real = Path.iterdir

    def refuse(path: Path):
        # The tests may run as root, whom nothing is shut to.
        if path == shut:
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(Path, "iterdir", refuse)
    found = read_key_dir(tmp_path)
    assert list(found.keys) == ["example.org"]
    assert found.unread == {"example.net": ()}
    assert found.problems == (f"{shut}: Permission denied",)


def test_a_missing_directory_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    found = read_key_dir(tmp_path / "none")
    assert found.problems == (f"{tmp_path}/none: No such file or directory",)
    assert found.unreadable


@pytest.mark.parametrize("pair", [RSA, EDWARDS])
def test_openssl_reads_what_is_made(pair, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(pair.pem)
    der = subprocess.run(
        ["openssl", "pkey", "-in", tmp_path / "key", "-pubout", "-outform", "DER"],
        check=True,
        capture_output=True,
    ).stdout
    assert der == pair.spki
