"""The panel's commands: words, JSON, exit codes."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from audit.models import Entry
from domains.models import Domain, Transport
from mailboxes.models import Forwarding, Mailbox
from mailkit.passwords import is_locked, verify

SECRET = "correct horse 42 battery"


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def data(self):
        return json.loads(self.out)


@pytest.fixture
def run(db, monkeypatch) -> Callable[..., Said]:
    def call(*arguments: str, stdin: str = "") -> Said:
        out, err = io.StringIO(), io.StringIO()
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        try:
            call_command(*arguments, stdout=out, stderr=err)
        except CommandError as error:
            return Said(error.returncode, out.getvalue(), str(error))
        except SystemExit as error:
            return Said(int(error.code or 0), out.getvalue(), err.getvalue())
        return Said(0, out.getvalue(), err.getvalue())

    return call


def test_a_whole_life(run):
    assert run("domain", "add", "A.test").code == 0
    assert run("mailbox", "add", "Anna@a.test", stdin=SECRET + "\n").code == 0
    assert run("forwarding", "add", "info@a.test", "anna@a.test", "x@far.test").code == 0
    assert run("transport", "add", "far.test", "smtp:[192.0.2.1]:25").code == 0
    assert run("domain", "list", "--json").data == [{"domain": "a.test"}]
    assert run("mailbox", "list", "--json").data == [
        {"email": "anna@a.test", "scheme": "SHA512-CRYPT", "suspended": False, "weak": False}
    ]
    assert run("forwarding", "show", "info@a.test", "--json").data == {
        "source": "info@a.test",
        "destination": "anna@a.test, x@far.test",
        "destinations": ["anna@a.test", "x@far.test"],
    }
    assert run("transport", "show", "far.test", "--json").data == {
        "domain": "far.test",
        "transport": "smtp:[192.0.2.1]:25",
    }
    shown = run("mailbox", "show", "anna@a.test", "--json").data
    assert shown["forwardings_to"] == ["info@a.test"]
    assert run("domain", "show", "a.test", "--json").data["mailboxes"]["count"] == 1
    assert run("mailbox", "password", "anna@a.test", stdin="another horse 43\n").code == 0
    assert verify("another horse 43", Mailbox.objects.get().password)
    assert run("mailbox", "suspend", "anna@a.test").code == 0
    assert is_locked(Mailbox.objects.get().password)
    assert run("mailbox", "resume", "anna@a.test").code == 0
    assert run("forwarding", "set", "info@a.test", "anna@a.test").code == 0
    assert run("transport", "set", "far.test", "relay:").code == 0
    assert run("mailbox", "delete", "anna@a.test").code == 0
    assert not Forwarding.objects.exists()
    assert run("transport", "delete", "far.test").code == 0
    assert run("domain", "delete", "a.test").code == 0
    assert not Domain.objects.exists()
    assert not Transport.objects.exists()
    assert set(Entry.objects.values_list("actor_kind", flat=True)) == {"command"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("domain", "add", "nodot"), "has no dot"),
        (("domain", "add", "a.test"), "exists already"),
        (("domain", "delete", "b.test"), "no virtual domain b.test"),
        (("domain", "show", "b.test"), "no virtual domain b.test"),
        (("mailbox", "add", "x@b.test"), "no virtual domain b.test"),
        (("mailbox", "password", "x@a.test"), "no mailbox x@a.test"),
        (("mailbox", "suspend", "x@a.test"), "no mailbox x@a.test"),
        (("mailbox", "show", "x@a.test"), "no mailbox x@a.test"),
        (("forwarding", "add", "x@a.test", "y@a.test"), "neither a mailbox nor"),
        (("forwarding", "set", "x@a.test", "y@a.test"), "no forwarding x@a.test"),
        (("forwarding", "delete", "x@a.test"), "no forwarding x@a.test"),
        (("transport", "add", "x.test", "carrier:pigeon"), "no service"),
        (("transport", "add", "*", "smtp:"), "every address"),
        (("transport", "delete", "x.test"), "no transport x.test"),
        (("operator", "password", "nobody"), "no operator nobody"),
        (("operator", "add", "Not A Name"), "lower-case letters"),
    ],
)
def test_a_refusal_says_why_and_exits_with_1(run, arguments, words):
    run("domain", "add", "a.test")
    said = run(*arguments, stdin=SECRET + "\n")
    assert said.code == 1
    assert words in said.err


def test_a_warning_is_overruled_by_force_and_says_so(run):
    run("domain", "add", "a.test")
    said = run("forwarding", "add", "x@a.test", "y@a.test")
    assert "--force" in said.err
    assert run("forwarding", "add", "x@a.test", "y@a.test", "--force").code == 0
    assert Forwarding.objects.get().source == "x@a.test"


def test_a_refusal_as_json_has_codes(run):
    run("domain", "add", "a.test")
    said = run("mailbox", "add", "x@b.test", "--json", stdin=SECRET + "\n")
    assert said.code == 1
    assert [one["code"] for one in said.data["refused"]] == ["no_domain"]
    assert said.data["force_would_do"] is True


@pytest.mark.parametrize("stdin", ["", "\n"])
def test_no_password_on_standard_input_is_refused(run, stdin):
    run("domain", "add", "a.test")
    assert run("mailbox", "add", "x@a.test", stdin=stdin).code == 1
    assert not Mailbox.objects.exists()


@pytest.mark.parametrize("password", [" leading and trailing ", "Ünïcödé ☃ 42", "{PLAIN}x horse"])
def test_the_password_is_the_whole_line(run, password):
    run("domain", "add", "a.test")
    assert run("mailbox", "add", "x@a.test", stdin=password + "\nmore\n").code == 0
    assert verify(password, Mailbox.objects.get().password)


def test_an_address_that_was_there_before_is_told(run):
    run("domain", "add", "a.test")
    run("mailbox", "add", "x@a.test", stdin=SECRET)
    run("mailbox", "delete", "x@a.test")
    assert "may still lie on disk" in run("mailbox", "add", "x@a.test", stdin=SECRET).out


def test_a_domain_keeps_its_rows_when_told_so(run):
    run("domain", "add", "a.test")
    run("mailbox", "add", "x@a.test", stdin=SECRET)
    assert run("domain", "delete", "a.test", "--keep").code == 0
    assert Mailbox.objects.exists()


def test_operators(run):
    assert run("operator", "add", "Root", "--superadmin", stdin=SECRET).code == 0
    assert run("operator", "add", "bob", stdin=SECRET).code == 0
    assert run("operator", "add", "bob", stdin=SECRET).code == 1
    assert run("operator", "grant", "bob", "a.test", "B.test").code == 0
    assert run("operator", "revoke", "bob", "b.test").code == 0
    assert run("operator", "disable", "bob").code == 0
    assert run("operator", "list", "--json").data == [
        {
            "name": "bob",
            "superadmin": False,
            "active": False,
            "max_mailboxes": None,
            "max_forwardings": None,
            "domains": ["a.test"],
            "former_domains": [],
        },
        {
            "name": "root",
            "superadmin": True,
            "active": True,
            "max_mailboxes": None,
            "max_forwardings": None,
            "domains": [],
            "former_domains": [],
        },
    ]
    assert run("operator", "enable", "bob").code == 0
    assert run("operator", "show", "bob", "--json").data["active"] is True
    assert run("operator", "delete", "bob").code == 0


def test_a_superadmin_who_forgot_the_password_gets_a_new_one(run, client):
    run("operator", "add", "root", "--superadmin", stdin=SECRET)
    assert client.login(username="root", password=SECRET)
    assert run("operator", "password", "root", stdin="another horse 43").code == 0
    assert client.get("/domains/").status_code == 302, "the old session has ended"
    assert not client.login(username="root", password=SECRET)
    assert client.login(username="root", password="another horse 43")


@pytest.mark.parametrize("what", ["disable", "delete"])
def test_the_last_superadmin_stays(run, what):
    run("operator", "add", "root", "--superadmin", stdin=SECRET)
    assert run("operator", what, "root").code == 1
    assert User.objects.get().is_active


def test_a_weak_operator_password_is_warned_of(run):
    said = run("operator", "add", "root", stdin="password1\n")
    assert said.code == 1
    assert "--force" in said.err
    assert run("operator", "add", "root", "--force", stdin="password1\n").code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("domain",),
        ("domain", "fly"),
        ("mailbox", "add"),
        ("transport", "add", "x"),
        ("operator",),
        ("dns", "check"),
        ("dns", "check", "a.test", "--all"),
        ("dns", "publish"),
    ],
)
def test_wrong_usage_exits_with_2(arguments, tmp_path):
    from tests.servers.panel import Panel  # noqa: PLC0415

    done = Panel(f"sqlite:///{tmp_path}/db").manage(*arguments)
    assert done.returncode == 2, done.stderr
    assert "usage" in done.stderr


def test_trace_follows_each_address(run):
    Domain.objects.create(domain="a.test")
    Mailbox.objects.create(email="anna@a.test", password="")
    Forwarding.objects.create(source="info@a.test", destination="anna@a.test")

    said = run("trace", "info@a.test", "x@far.test", "--json")
    assert said.code == 0
    first, second = said.data
    assert first["address"] == "info@a.test"
    assert first["outcome"] == "delivered"
    assert first["deliveries"] == [
        {
            "address": "anna@a.test",
            "transport": "lmtp",
            "nexthop": "unix:private/dovecot-lmtp",
        }
    ]
    assert (second["outcome"], second["deliveries"]) == ("rejected", [])

    text = run("trace", "info@a.test").out
    assert "info@a.test: delivered" in text
    assert "forwardings: info@a.test -> anna@a.test" in text
