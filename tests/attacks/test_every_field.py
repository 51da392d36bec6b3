"""Hostile text in every field of every form that a walk over all pages meets."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.core import mail
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import resolve

from accounts.models import User
from domains.models import Domain, Transport
from mailboxes.models import Forwarding, Mailbox
from tests.access.test_matrix import written
from tests.access.walk import SAMPLES, address, every_route
from tests.conftest import PASSWORD
from tests.sign_in.conftest import give_authenticator, give_code, give_passkey

from .html_forms import Form, forms_in

HOSTILE = {
    "sql": "' OR 1=1 -- \"; DROP TABLE users; --",
    "template": "{{ 123457*3 }}{{ 123457|add:246914 }}${123457*3}{% debug %}%(x)s %s {0}",
    "markup": "<script>alert(1)</script>\"'>",
    "header": "a@a.test\r\nX-Hostile: 1",
    "control": "\x01\x1b[31m\x7f\x85\u202e",
    "nul": "a\x00b",
}
# 123457 * 3: what a template engine would make of it.
RESULT = "370371"
# What stands in the other fields, so that a form gets as far as the hostile one.
GOOD = {
    "email": "new@a.test",
    "source": "new@a.test",
    "destination": "anna@a.test",
    "domain": "new.test",
    "transport": "smtp:",
    "username": "new",
    "address": "x@far.test",
    "code": "123456",
    "credential": "{}",
    "name": "phone",
    "selector": "s2",
    "dependents": "remove",
}
MODELS = (Domain, Mailbox, Forwarding, Transport)


def good(form: Form) -> dict[str, str | list[str]]:
    """What an honest browser would send: as rendered, with empty fields filled in."""
    values: dict[str, str | list[str]] = {}
    for name, rendered in form.values.items():
        filled = PASSWORD if "password" in name else GOOD.get(name)
        if any(rendered):
            values[name] = rendered
        elif filled and name != "generate":
            values[name] = filled
        elif rendered:
            values[name] = ""
    return values


def route_of(url: str) -> str:
    return resolve(url.partition("?")[0]).route.replace("^", "")


def rows() -> dict[str, set[tuple]]:
    return {model.__name__: set(model.objects.values_list()) for model in MODELS}


def faults_of(response: HttpResponse, text: str) -> Iterator[str]:
    """What is wrong with an answer to a form with `text` in it."""
    if response.status_code not in (200, 204, 302, 400, 403, 404, 429):
        yield f"status {response.status_code}"
    for name, value in response.headers.items():
        if text in value or "hostile" in name.lower():
            yield f"in the header {name}"
    body = b"".join(response) if response.streaming else response.content
    html = body.decode()
    if RESULT in html:
        yield "the template was worked out"
    if response["Content-Type"].startswith("text/html"):
        if "<script>alert(1)" in html:
            yield "markup is not escaped"
        if re.search("[<>\"']", text) and text in html:
            yield "not escaped"


def faults_of_rows(before: dict[str, set[tuple]], form: Form) -> Iterator[str]:
    """One row is changed at most, and what comes has a key that a form may store."""
    # Its only field is hidden and says "yes": with anything in it, the domain and its rows go.
    whole_domain = form.action == "/admin/domains/domain/a.test/delete/"
    after = rows()
    for table, had in before.items():
        gone, come = had - after[table], after[table] - had
        if len(come) > 1 or (len(gone) > 1 and not whole_domain):
            yield f"{len(gone)} rows of {table} gone, {len(come)} come"
        if whole_domain and any(not str(row[0]).endswith("a.test") for row in gone):
            yield f"rows of {table} gone that are not the domain's"
        for row in come:
            if set(str(row[0])) & set("\x00\x01\x1b\r\n '\"<>\\%;"):
                yield f"{table} has the key {row[0]!r}"


class Walk:
    """One of the cast on every page: the forms met, and what was wrong with the answers."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.met: set[tuple[str, str, tuple[str, ...]]] = set()
        self.tried: set[tuple[str, str, str]] = set()
        self.faults: list[str] = []

    def meet(self, response: HttpResponse, url: str) -> list[Form]:
        """The forms of a page that were not met before."""
        if response.streaming or not response.get("Content-Type", "").startswith("text/html"):
            return []
        new = []
        for form in forms_in(response.content.decode(), url):
            key = (form.method, route_of(form.action), form.fields)
            if key not in self.met:
                self.met.add(key)
                new.append(form)
        return new

    def look(self, samples: dict[str, str]) -> list[Form]:
        """All new forms of all pages."""
        new = []
        for route in every_route():
            response = self.client.get(address(route, samples), follow=True)
            new += self.meet(response, response.request["PATH_INFO"])
        return new

    def attack_all(self, forms: list[Form]) -> None:
        """Those forms, and those of the answers to them."""
        before = rows()
        while forms:
            forms += self.attack(forms.pop(), before)

    def attack(self, form: Form, before: dict[str, set[tuple]]) -> list[Form]:
        """Hostile text in each field by itself and in all at once; the forms of the answers."""
        honest, route, new = good(form), route_of(form.action), []
        # A form comes again with a field more or less: its others have been tried by themselves.
        fresh = [one for one in form.fields if (form.method, route, one) not in self.tried]
        self.tried |= {(form.method, route, one) for one in fresh}
        tries = [((one,), kind) for one in fresh for kind in HOSTILE]
        tries.append((form.fields, "markup"))
        for fields, kind in tries:
            text = HOSTILE[kind]
            where = f"{form.method} {form.action}: {kind} in {', '.join(fields)}"
            # What one of them makes is not there for the next, nor is a sign-out.
            start, cookies = transaction.savepoint(), self.client.cookies.copy()
            response = self.send(form, {**honest, **dict.fromkeys(fields, text)})
            found = [*faults_of(response, text), *faults_of_rows(before, form)]
            if response.status_code == 302:
                # What was stored, or is told of it, is shown where it leads.
                shown = self.client.get(response.url, follow=True)
                found += [f"{one}, then" for one in faults_of(shown, text)]
            if any("X-Hostile" in message.message() for message in mail.outbox):
                found.append("in the header of a mail")
            self.faults += [f"{where}: {one}" for one in found]
            new += self.meet(response, form.action)
            transaction.savepoint_rollback(start)
            self.client.cookies = cookies
            mail.outbox.clear()
        return new

    def send(self, form: Form, data: dict[str, str | list[str]]) -> HttpResponse:
        """Press the button."""
        url = form.action if form.method == "post" else form.action.partition("?")[0]
        return getattr(self.client, form.method)(url, data)


NAMES = {"nobody": "", "superadmin": "alice", "owner": "anna@a.test"}


def samples_of(name: str) -> dict[str, str]:
    """Somebody's second factors, and the address of his passkey."""
    user = User.objects.get(username=NAMES[name])
    return {**SAMPLES, "passkey_id": str(give_passkey(give_code(give_authenticator(user))).pk)}


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Thousands of refusals are what is looked for here."""
    caplog.set_level("CRITICAL")


def look_twice(walk: Walk, name: str) -> Iterator[list[Form]]:
    """The forms of somebody; of an owner before and after he sets up second factors."""
    if name != "superadmin":
        yield walk.look(SAMPLES)
    if name != "nobody":
        yield walk.look(samples_of(name))


@pytest.mark.parametrize("name", NAMES)
def test_in_every_field_that_is_met(cast, name):
    # Rows of others, which no form of anna's or a.test's may touch.
    Mailbox.objects.create(email="other@b.test", password="{PLAIN}x")
    Forwarding.objects.create(source="sales@b.test", destination="x@far.test")
    Transport.objects.create(domain="b.test", transport="smtp:")
    cast[name].raise_request_exception = False
    walk = Walk(cast[name])
    for forms in look_twice(walk, name):
        walk.attack_all(forms)
    assert walk.tried
    # Otherwise all the answers since would be the sign-in page.
    still_in = walk.client.get("/login/", follow=True).redirect_chain
    assert bool(still_in) == (name != "nobody")
    assert not walk.faults, "\n".join(walk.faults)


# Routes that take POST, and no page of this walk has a form for them.
WITHOUT_FORM = {
    "account/confirm/": "only while a mailbox changed by SQL waits: test_hostile_input.py",
    "account/confirm/remove/": "no field, and only while a mailbox changed by SQL waits",
    "account/security/passkeys/add/": "the script fills its fields: test_hostile_input.py",
    "account/security/passkeys/add/options/": "asked by the script, no field",
    "account/security/sessions/<str:session_id>/end/": "no field, one's other sessions only",
    "account/security/sessions/end/": "no field, one's other sessions only",
    "bulk/<int:job_id>/cancel/": "no field, only before a job has ended",
    "bulk/<int:job_id>/columns/": "only of an import that asks for them: tests/bulk",
    "bulk/<int:job_id>/confirm/": "boxes to tick, only while a job waits for it",
    "bulk/<int:job_id>/passwords/": "no field, only of a job that made passwords",
    "bulk/<int:job_id>/resume/": "no field, only of a job that stands still",
    "dns/check/<int:run_id>/stop/": "no field, only during a run",
    "domains/<key:domain>/dns/dkim/<str:selector>/look/": "no field, only with a key",
    "domains/<key:domain>/dns/dkim/<str:selector>/publish/": "no field, only with a key",
    "domains/<key:domain>/dns/dkim/<str:selector>/retire/": "a box to tick, only with a key",
    "domains/<key:domain>/dns/dkim/<str:selector>/switch/": "a box to tick, only with a key",
    "domains/<key:domain>/dns/publish/": "its form needs a server: BY_HAND",
    "domains/<key:domain>/dns/unfinished/<int:sending_id>/": "no field, only after a crash",
    "domains/<key:domain>/dns/published/<int:entry_id>/": "no field, only after publishing",
    "invitation/": "needs a link that was sent: test_hostile_input.py",
    "lint/mend/": "only with a finding: BY_HAND",
    "login/again/options/": "asked by the script, no field",
    "login/passkey/": "the script fills its field: test_hostile_input.py",
    "login/passkey/options/": "asked by the script, no field",
    "login/step/options/": "asked by the script, no field",
    "mailboxes/<key:email>/confirm-owner/": "no field, only where SQL made the mailbox anew",
    "mailboxes/<key:email>/remove-factors/": "no field, only where SQL made the mailbox anew",
    "mailboxes/<key:email>/resume/": "no field, only of a suspended mailbox",
    "operators/<str:name>/enable/": "no field, only of a disabled operator",
    "recover/confirm/": "needs a link that was sent, no field but its token",
    "recover/password/": "needs a link that was sent: test_hostile_input.py",
    "account/forwarding/preview/": "another page's form is sent to it: tests/pages",
    "refresh/forwardings/": "no field, only where the table of targets is used",
    "trace/preview/": "the script sends another page's form to it: BY_HAND",
}
# Django admin's, which answer a POST as they answer a GET.
ONLY_SHOWN = re.compile(r"^admin/($|\(|r/|password_change/|.*/<path:object_id>/(history/)?$)")
BY_HAND = [
    Form("/domains/a.test/dns/publish/", "post", {"zone": [], "state": [], "code": []}),
    Form(
        "/lint/mend/?code=password.open&table=users&key=anna@a.test",
        "post",
        {"state": [], "force": []},
    ),
    Form("/trace/preview/", "post", {"preview": [], "source": [], "destination": []}),
    Form("/trace/preview/", "post", {"preview": [], "domain": [], "transport": []}),
    Form("/trace/preview/", "post", {"preview": [], "email": []}),
    Form("/trace/preview/", "post", {"preview": [], "domain": []}),
]


def test_in_forms_that_no_page_shows_here(cast):
    walk = Walk(cast["superadmin"])
    walk.attack_all(list(BY_HAND))
    assert not walk.faults, "\n".join(walk.faults)


def test_no_route_takes_a_post_that_the_walk_misses(cast):
    """A new page is met through its form, or gets a line above that says why not."""
    met = set()
    for name in NAMES:
        walk = Walk(cast[name])
        list(look_twice(walk, name))
        met |= {route for method, route, _ in walk.met if method == "post"}
    takes_post = {
        route
        for route, answers in written().items()
        if any(not one.endswith(("/405", "/403", "/login")) for one in answers)
    }
    missed = {route for route in takes_post - met if not ONLY_SHOWN.match(route)}
    # login/step/ sends everybody of this cast to the first step: test_hostile_input.py.
    assert missed == set(WITHOUT_FORM)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("<p>370371</p>", "the template was worked out"),
        ("<p><script>alert(1)</script></p>", "markup is not escaped"),
        (f"<p>{HOSTILE['markup']}</p>", "not escaped"),
        (f"<p>{HOSTILE['sql']}</p>", "not escaped"),
    ],
)
def test_what_is_wrong_with_an_answer_is_seen(body, fault):
    for text in HOSTILE.values():
        if fault != "not escaped" or text in body:
            assert fault in list(faults_of(HttpResponse(body), text))


def test_and_so_is_a_status_or_a_header_and_no_more():
    assert list(faults_of(HttpResponse("<p>all is well</p>"), "hostile")) == []
    assert list(faults_of(HttpResponse("", status=500), "hostile")) == ["status 500"]
    moved = HttpResponse("", status=302, headers={"Location": "/?hostile"})
    assert list(faults_of(moved, "hostile")) == ["in the header Location"]
