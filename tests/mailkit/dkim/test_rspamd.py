"""rspamd's dkim_signing: which key signs, by sections, maps and defaults; and giving it another."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mailkit.dkim.rspamd import OWN_FILE, Rspamd
from mailkit.dkim.signing import Obstacle, SignerFault
from mailkit.dkim.ucl import read_ucl
from mailkit.dns.dkim_keys import read_key_file
from tests.mailkit.dkim.conftest import EDWARDS, OTHER, RSA, Files
from tests.servers.processes import find_program

PATH = 'path = "{d}/$domain.$selector.key";\n'
INCLUDE = f'.include(try=true,priority=5) "{{d}}/{OWN_FILE}"\n'
MAIL = """From: anna@example.org
To: somebody@far.test
Subject: a mail to sign
Message-ID: <1@client.test>
Date: Tue, 24 Nov 2026 10:00:00 +0000

Signed.
"""


def rspamd(signer_files: Files, config: str) -> Rspamd:
    return Rspamd(signer_files.write("dkim_signing.conf", config))


def found(program: Rspamd, domain: str = "example.org") -> list[tuple[str, bytes | None]]:
    return [(one.selector, one.spki) for one in program.read([domain]).of(domain)]


@pytest.fixture
def with_keys(signer_files: Files) -> Files:
    for name, pair in (("example.org.dkim", RSA), ("example.org.s2", OTHER)):
        signer_files.write(f"{name}.key", pair.pem)
    signer_files.write("selectors.map", "# ours\nexample.org s2\nexample.net  s9 # gone\n")
    signer_files.write("paths.map", f"example.org {signer_files.directory}/ed.private\n")
    return signer_files


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (PATH, [("dkim", RSA.spki)]),
        (PATH + "selector: s2\n", [("s2", OTHER.spki)]),
        (PATH + 'selector = "none";', []),
        (PATH + "try_fallback = false;", []),
        (PATH + 'selector_map = "{d}/selectors.map";', [("s2", OTHER.spki)]),
        (PATH + 'selector_map = "file://{d}/selectors.map"; /* a * b */', [("s2", OTHER.spki)]),
        (PATH + 'path_map = "{d}/paths.map"; selector = "e1"', [("e1", EDWARDS.spki)]),
        (
            PATH + 'domain { example.org { selector = "s2"; path = "{d}/mail.private"; } }',
            [("s2", RSA.spki)],
        ),
        (PATH + 'domain "example.org" { selector = "s2" }', [("s2", OTHER.spki)]),
        (
            'domain { example.org { selectors [ { path: "{d}/mail.private", selector: "a" },\n'
            "# more\n { path = '{d}/ed.private'; selector = B }, ] } }",
            [("a", RSA.spki), ("b", EDWARDS.spki)],
        ),
        (
            '{"domain": {"example.org": {"selector": "j", "path": "{d}/mail.private"}}}',
            [("j", RSA.spki)],
        ),
        (PATH + 'domain { other.org { selector = "x"; } }', [("dkim", RSA.spki)]),
        (PATH + '.include(try=true) "{d}/none.conf"\n', [("dkim", RSA.spki)]),
        (PATH + '.include "{d}/more.conf"\n', [("s2", OTHER.spki)]),
        (PATH + '.include "$LOCAL_CONFDIR/x"\nenabled = true', [("dkim", RSA.spki)]),
    ],
)
def test_which_key_signs(config: str, expected: list[tuple[str, bytes]], with_keys: Files) -> None:
    with_keys.write("more.conf", 'selector = "s2";')
    assert found(rspamd(with_keys, config)) == expected


def test_a_key_that_is_named_and_not_there(with_keys: Files) -> None:
    program = rspamd(with_keys, PATH + 'selector_map = "{d}/selectors.map";')
    keys = program.read(["example.net"]).read_keys()
    assert keys.unread == {"example.net": ("s9",)}
    assert "example.net.s9.key: No such file" in keys.problems[0]


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ('signing_table = "/x"; key_table = "/y";', "signing_table is not read here"),
        ("use_redis = true;", "use_redis is not read here"),
        ('selector_map = "https://x.test/map";', "a map that is no file"),
        ('selector_map = "{d}/none.map";', "none.map: No such file"),
        ('.include "{d}/none.conf"', "none.conf: No such file"),
        ("domain { example.org { ", "cannot be read as UCL"),
        ("domain { x [ ; } }", "cannot be read as UCL"),
        ('a = "unfinished', "line 1 cannot be read"),
        ("selector = ;", "cannot be read as UCL"),
    ],
)
def test_what_cannot_be_read_is_said(config: str, words: str, signer_files: Files) -> None:
    result = rspamd(signer_files, config).read(["example.org"])
    assert result.unreadable
    assert words in result.problems[0]


def test_it_is_given_keys(with_keys: Files) -> None:
    program = rspamd(with_keys, "use_esld = false;\n" + PATH + INCLUDE)
    rsa, edwards = (with_keys.directory / f"example.org.{name}.key" for name in ("n1", "n2"))
    program.write_key(rsa, OTHER)
    program.write_key(edwards, EDWARDS)
    assert read_key_file(edwards) == EDWARDS.spki
    assert "PRIVATE" not in edwards.read_text()
    program.check("example.org", "rsa")
    program.check("a.example.org", "ed25519")

    # It signed with the default; then with the new one in its place, then with both.
    program.switch("example.org", "n1", rsa, "dkim")
    assert found(program) == [("n1", OTHER.spki)]
    program.switch("example.org", "n2", edwards, "")
    assert found(program) == [("n2", EDWARDS.spki), ("n1", OTHER.spki)]
    program.switch("example.org", "n2", edwards, "")
    program.switch("example.com", "x", rsa, "")
    assert found(program) == [("n2", EDWARDS.spki), ("n1", OTHER.spki)]
    with pytest.raises(SignerFault) as caught:
        program.drop("example.org", "n1")
    assert caught.value.obstacle == Obstacle.STILL_SIGNS
    program.switch("example.org", "n3", with_keys.directory / "mail.private", "n1")
    program.drop("example.org", "n1")
    assert found(program) == [("n3", RSA.spki), ("n2", EDWARDS.spki)]
    assert set(read_ucl(program.own_file)["domain"]) == {"example.org", "example.com"}


@pytest.mark.parametrize("there", ["", "# ours\ndomain { example.com { selector = x; } }\n"])
def test_what_would_have_no_effect_is_put_back(there: str, with_keys: Files) -> None:
    """A list behind the line that includes our file counts before it."""
    by_hand = 'domain { example.org { selectors [ { selector = "s2"; path = "{d}/s2" } ] } }\n'
    program = rspamd(with_keys, PATH + INCLUDE + by_hand)
    if there:
        with_keys.write(OWN_FILE, there)
    with pytest.raises(SignerFault) as caught:
        program.switch("example.org", "n1", with_keys.directory / "other.private", "s2")
    assert caught.value.obstacle == Obstacle.NO_EFFECT
    assert program.own_file.exists() == bool(there)
    assert not there or program.own_file.read_text() == there


def test_a_key_that_only_rspamd_can_read_goes_on_signing(with_keys: Files) -> None:
    program = rspamd(with_keys, "use_esld = false;\n" + PATH + INCLUDE)
    program.switch("example.org", "n1", with_keys.directory / "mail.private", "dkim")
    program.switch("example.org", "e1", with_keys.directory / "ed.private", "")
    (with_keys.directory / "ed.private").write_text("for others")
    program.switch("example.org", "n2", with_keys.directory / "other.private", "n1")
    assert found(program) == [("n2", OTHER.spki), ("e1", None)]


@pytest.mark.parametrize(
    ("config", "domain", "needs"),
    [
        (PATH, "example.org", '.include(try=true) "'),
        (PATH + "# " + INCLUDE, "example.org", '.include(try=true) "'),
        (PATH + INCLUDE, "sub.example.org", "use_esld = false;"),
    ],
)
def test_what_its_configuration_lacks(
    config: str, domain: str, needs: str, signer_files: Files
) -> None:
    with pytest.raises(SignerFault) as caught:
        rspamd(signer_files, config).check(domain, "rsa")
    assert caught.value.obstacle == Obstacle.NOT_INCLUDED
    assert needs in caught.value.what


@pytest.mark.stack
@pytest.mark.parametrize("pair", [RSA, EDWARDS], ids=["RSA", "Ed25519"])
def test_rspamd_signs_with_what_is_written(pair, signer_files: Files, tmp_path: Path) -> None:
    program = rspamd(signer_files, INCLUDE)
    program.write_key(tmp_path / "new.key", pair)
    mail = signer_files.write("mail", MAIL)
    command = [find_program("rspamadm"), "mime", "sign", "-d", "example.org", "-s", "n1"]
    done = subprocess.run(
        [*command, "-k", tmp_path / "new.key", "-o", "signature", mail],
        capture_output=True,
        text=True,
        check=False,
    )
    kind = "rsa" if pair is RSA else "ed25519"
    assert f"a={kind}-sha256;" in done.stdout, done.stderr
    assert "d=example.org; s=n1;" in done.stdout


@pytest.mark.stack
def test_rspamd_reads_what_is_written(with_keys: Files, tmp_path: Path) -> None:
    """As its own parser has it: the sections of our file are the module's."""
    program = rspamd(with_keys, "use_esld = false;\n" + PATH + INCLUDE)
    program.switch("example.org", "n1", tmp_path / "mail.private", "dkim")
    program.switch("example.org", "n2", tmp_path / "ed.private", "")
    whole = with_keys.write("rspamd.conf", 'dkim_signing { .include "{d}/dkim_signing.conf"\n}\n')
    done = subprocess.run(
        [find_program("rspamadm"), "configdump", "-j", "-c", whole, "dkim_signing"],
        capture_output=True,
        text=True,
        check=False,
    )
    text = "".join(done.stdout.split())
    assert f'"path":"{tmp_path}/ed.private"' in text, done.stderr
    assert text.index('"selector":"n2"') < text.index('"selector":"n1"')
