"""OpenDKIM is given another key: its tables change as little as can be, at once, or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from threading import Thread

import pytest

from mailkit.dkim import files
from mailkit.dkim.files import delete_file, one_writer, replace_text, write_key
from mailkit.dkim.signing import Obstacle, SignerFault, file_name
from tests.mailkit.dkim.conftest import EDWARDS, OTHER, RSA, Files

KEYS = """# our keys
old example.org:mail:{d}/mail.private
shared %:mail:{d}/mail.private
"""
NAME = "new._domainkey.example.org"
LINE = f"{NAME} example.org:new:{{d}}/other.private\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"*@example.org {NAME}\n"),
        ("# none yet\n\n", f"# none yet\n\n*@example.org {NAME}\n"),
        ("*@example.org old\n", f"*@example.org {NAME}\n"),
        ("*@example.org\told  # since 2024", f"*@example.org\t{NAME}  # since 2024\n"),
        ("*@Example.org old:%\n*@a.test old\n", f"*@Example.org {NAME}:%\n*@a.test old\n"),
        # What other domains have too stays theirs.
        ("# all\n* shared\n", f"# all\n*@example.org {NAME}\n* shared\n"),
        ("*@a.test old\n*@*.org shared\n", f"*@a.test old\n*@example.org {NAME}\n*@*.org shared\n"),
        ("anna@example.org shared\n", f"anna@example.org shared\n*@example.org {NAME}\n"),
        (f"*@example.org {NAME}\n", f"*@example.org {NAME}\n"),
    ],
)
def test_the_signing_table(before: str, after: str, signer_files: Files) -> None:
    opendkim = signer_files.with_tables(KEYS, before)
    new = signer_files.directory / "other.private"
    opendkim.switch("example.org", "new", new, "mail")
    assert signer_files.read("SigningTable") == after
    assert signer_files.read("KeyTable") == KEYS + LINE
    signing = opendkim.read(["example.org"]).of("example.org")[0]
    assert (signing.selector, signing.spki, signing.path) == ("new", OTHER.spki, new)
    # Once more changes nothing.
    opendkim.switch("example.org", "new", new, "mail")
    assert signer_files.read("SigningTable") == after
    assert signer_files.read("KeyTable") == KEYS + LINE


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("example.org old\n", f"example.org {NAME}\n"),
        ("* shared\n", f"* shared\nexample.org {NAME}\n"),
        (
            ".org shared\n*@example.org old\n",
            f".org shared\n*@example.org old\nexample.org {NAME}\n",
        ),
    ],
)
def test_a_signing_table_without_patterns(before: str, after: str, signer_files: Files) -> None:
    signer_files.with_tables(KEYS, before)
    opendkim = signer_files.opendkim("KeyTable {d}/KeyTable\nSigningTable file:{d}/SigningTable\n")
    opendkim.switch("example.org", "new", signer_files.directory / "other.private", "mail")
    assert signer_files.read("SigningTable") == after


def test_beside_another_where_there_are_several(signer_files: Files) -> None:
    opendkim = signer_files.with_tables(
        KEYS, "*@example.org old\n* shared\n", "MultipleSignatures yes\n"
    )
    opendkim.switch("example.org", "new", signer_files.directory / "other.private", "")
    assert (
        signer_files.read("SigningTable") == f"*@example.org old\n*@example.org {NAME}\n* shared\n"
    )
    opendkim.switch("example.org", "two", signer_files.directory / "other.private", "new")
    assert "two._domainkey" in signer_files.read("SigningTable")
    assert NAME not in signer_files.read("SigningTable")


def test_a_key_that_signs_no_more_is_dropped(signer_files: Files) -> None:
    opendkim = signer_files.with_tables(KEYS + LINE, f"*@example.org {NAME}\n")
    with pytest.raises(SignerFault) as caught:
        opendkim.drop("example.org", "new")
    assert caught.value.obstacle == Obstacle.STILL_SIGNS
    signer_files.write("SigningTable", "*@example.org old\n")
    opendkim.drop("example.org", "new")
    assert signer_files.read("KeyTable") == KEYS
    opendkim.drop("example.org", "never")
    assert signer_files.read("KeyTable") == KEYS


def test_a_name_that_stands_for_another_key_is_not_taken_over(signer_files: Files) -> None:
    keys = f"{NAME} example.org:new:{{d}}/mail.private\n"
    opendkim = signer_files.with_tables(keys, "*@example.org old\n")
    with pytest.raises(SignerFault) as caught:
        opendkim.switch("example.org", "new", signer_files.directory / "other.private", "")
    assert caught.value.obstacle == Obstacle.NAME_TAKEN
    assert signer_files.read("KeyTable") == keys


@pytest.mark.parametrize(
    ("signing", "replaces"),
    [
        ("*@*.org shared\n*@example.org old", "mail"),
        ("# all\n* shared\n\n*@example.org old\n*@a.test old\n", ""),
    ],
)
def test_what_would_have_no_effect_is_not_written(
    signing: str, replaces: str, signer_files: Files
) -> None:
    """Without MultipleSignatures a pattern before the domain's own row counts."""
    opendkim = signer_files.with_tables(KEYS, signing)
    before = opendkim.read(["example.org"])
    with pytest.raises(SignerFault) as caught:
        opendkim.switch("example.org", "new", signer_files.directory / "other.private", replaces)
    assert caught.value.obstacle == Obstacle.NO_EFFECT
    assert (signer_files.read("KeyTable"), signer_files.read("SigningTable")) == (KEYS, signing)
    assert opendkim.read(["example.org"]) == before


@pytest.mark.parametrize(
    ("config", "kind", "obstacle"),
    [
        ("", "rsa", Obstacle.NOT_FILES),
        ("KeyTable csl:a=b:c:/d\nSigningTable {d}/SigningTable\n", "rsa", Obstacle.NOT_FILES),
        ("KeyTable {d}/KeyTable\nSigningTable x=a\n", "rsa", Obstacle.NOT_FILES),
        ("KeyTable refile:{d}/KeyTable\nSigningTable {d}/KeyTable\n", "rsa", Obstacle.NOT_FILES),
        ("KeyTable ldap:x\nSigningTable {d}/SigningTable\n", "rsa", Obstacle.NOT_READ),
        ("KeyTable {d}/KeyTable\nSigningTable {d}/none\n", "rsa", Obstacle.NOT_READ),
        ("", "ed25519", Obstacle.ONE_ALGORITHM),
        ("SignatureAlgorithm ed25519-sha256\n", "rsa", Obstacle.ONE_ALGORITHM),
        ("UserID nobody-such\n", "rsa", Obstacle.NOT_READ),
    ],
)
def test_what_it_cannot_be_given(
    config: str, kind: str, obstacle: Obstacle, signer_files: Files
) -> None:
    signer_files.with_tables(KEYS, "")
    opendkim = signer_files.opendkim(config)
    with pytest.raises(SignerFault) as caught:
        opendkim.check("example.org", kind)
    assert caught.value.obstacle == obstacle


@pytest.mark.parametrize("algorithm", ["", "SignatureAlgorithm RSA-sha256\n"])
def test_what_it_can_be_given(algorithm: str, signer_files: Files) -> None:
    signer_files.with_tables(KEYS, "", algorithm).check("example.org", "rsa")
    config = "SignatureAlgorithm ed25519-sha256\n"
    signer_files.with_tables(KEYS, "", config).check("example.org", "ed25519")


def test_keys_that_it_would_not_trust(signer_files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    signer_files.with_tables(KEYS, "")
    tables = "KeyTable {d}/KeyTable\nSigningTable {d}/SigningTable\n"
    opendkim = signer_files.opendkim(f"{tables}UserID root:mail\n")
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(SignerFault) as caught:
        opendkim.check("example.org", "rsa")
    assert caught.value.obstacle == Obstacle.SAFE_KEYS
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    opendkim.check("example.org", "rsa")


def test_a_new_key_is_for_its_owner_and_group_and_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / file_name("example.org", "mail")
    write_key(path, RSA.pem)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert path.stat().st_gid == tmp_path.stat().st_gid
    with pytest.raises(FileExistsError):
        write_key(path, EDWARDS.pem)
    assert path.read_text() == RSA.pem
    mine = (os.geteuid(), os.getegid())
    write_key(tmp_path / "own", RSA.pem, owner=mine)
    assert stat.S_IMODE((tmp_path / "own").stat().st_mode) == 0o600
    assert sorted(one.name for one in tmp_path.iterdir()) == ["example.org.mail.key", "own"]
    assert delete_file(path)
    assert not delete_file(path)


def test_a_table_keeps_owner_mode_and_link(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.write_bytes(b"\xff old\n")
    real.chmod(0o604)
    link = tmp_path / "link"
    link.symlink_to(real)
    replace_text(link, files.read_text(link) + "new\n")
    assert real.read_bytes() == b"\xff old\nnew\n"
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o604


def test_a_write_that_fails_leaves_what_was_there(
    signer_files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    opendkim = signer_files.with_tables(KEYS, "*@example.org old\n")

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SignerFault, match="No space left") as caught:
        opendkim.switch("example.org", "new", signer_files.directory / "other.private", "mail")
    assert caught.value.obstacle == Obstacle.NOT_WRITTEN
    with pytest.raises(SignerFault, match="No space left"):
        write_key(signer_files.directory / "key", RSA.pem)
    assert signer_files.read("KeyTable") == KEYS
    assert signer_files.read("SigningTable") == "*@example.org old\n"
    left = {one.name for one in signer_files.directory.iterdir() if one.name.startswith(".")}
    assert left == {".KeyTable.lock", ".SigningTable.lock"}
    assert not (signer_files.directory / "key").exists()


def test_two_writers_lose_nothing(signer_files: Files) -> None:
    opendkim = signer_files.with_tables("", "")
    new = signer_files.directory / "other.private"
    domains = [f"d{number}.test" for number in range(12)]
    threads = [Thread(target=opendkim.switch, args=(name, "new", new, "")) for name in domains]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {one.domain for one in opendkim.read(domains).rows} == set(domains)


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    for act in (
        lambda: replace_text(tmp_path / "none" / "x", ""),
        lambda: write_key(tmp_path / "none" / "x", RSA.pem),
        lambda: one_writer(tmp_path / "none" / "x").__enter__(),
    ):
        with pytest.raises(SignerFault, match="No such file") as caught:
            act()
        assert "PRIVATE" not in str(caught.value)
