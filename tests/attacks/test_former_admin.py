"""A domain is deleted and made anew for somebody else: neither admin gets at the other's things."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Kind, User
from accounts.services import grant_domains
from audit.models import Entry
from domains.services import create_domain, create_transport
from mailboxes.services.domains import delete_domain
from mailboxes.services.forwardings import create_forwarding
from mailboxes.services.mailboxes import create_mailbox
from tests.domain_stories import NAME, SECRET
from tests.undo.snapshot import snapshot

FORMER, PRESENT = "formerly", "presently"


@pytest.fixture
def clients(db: None, root, client_of: Callable[[User], Client]) -> dict[str, Client]:
    """Bob managed the former domain and is signed in since then; Carol manages the present one."""
    made = {}
    for name, local in (("bob", FORMER), ("carol", PRESENT)):
        user = User.objects.create(username=name, kind=Kind.OPERATOR)
        create_domain(actor=root, domain=NAME)
        grant_domains(actor=root, name=name, domains=[NAME])
        create_mailbox(actor=root, email=f"{local}@{NAME}", password=SECRET)
        create_forwarding(
            actor=root, source=f"{local}-fwd@{NAME}", destination=f"{local}@far.example"
        )
        create_transport(
            actor=root, domain=f"{local}-tr@{NAME}", transport="error:5.1.1 gone", force=True
        )
        made[name] = client_of(user)
        assert made[name].get(f"/mailboxes/{local}@{NAME}/").status_code == 200
        if name == "bob":
            delete_domain(actor=root, domain=NAME)
    return made


def rows_of(local: str) -> list[str]:
    """The pages of one domain's rows."""
    return [
        f"/mailboxes/{local}@{NAME}/",
        f"/mailboxes/{local}@{NAME}/password/",
        f"/mailboxes/{local}@{NAME}/delete/",
        f"/mailboxes/{local}@{NAME}/invite/",
        f"/forwardings/{local}-fwd@{NAME}/",
        f"/forwardings/{local}-fwd@{NAME}/delete/",
        f"/transports/{local}-tr@{NAME}/",
        f"/transports/{local}-tr@{NAME}/delete/",
    ]


OF_THE_DOMAIN = [
    f"/domains/{NAME}/",
    f"/domains/{NAME}/dns/",
    f"/mailboxes/?domain={NAME}",
    f"/audit/?domain={NAME}",
    f"/audit/export/?domain={NAME}",
]
LISTS = [
    "/",
    "/domains/",
    "/mailboxes/",
    "/forwardings/",
    "/transports/",
    "/dns/",
    "/admin/domains/domain/",
    "/admin/domains/transport/",
    "/admin/mailboxes/mailbox/",
    "/admin/mailboxes/forwarding/",
    "/audit/",
    "/audit/?action=create_mailbox",
    "/audit/?kind=mailbox",
    "/audit/?kind=domain",
    "/audit/export/",
    "/audit/export/?format=json",
]


def body(answer) -> str:
    return (answer.getvalue() if answer.streaming else answer.content).decode()


def posted(path: str) -> dict[str, str]:
    """What would change something there."""
    key = path.split("/")[2]
    new = {"password1": SECRET, "password2": SECRET, "destination": "x@far.example"}
    return {
        **new,
        "source": key,
        "domain": key,
        "transport": "smtp:",
        "confirm": key,
        "force": "on",
    }


@pytest.mark.parametrize(
    "paths", [OF_THE_DOMAIN, rows_of(PRESENT), rows_of(FORMER)], ids=["domain", "present", "former"]
)
def test_a_guessed_address_is_not_found_by_the_former_admin(clients, paths: list[str]) -> None:
    before, entries = snapshot(), Entry.objects.count()
    for path in paths:
        assert clients["bob"].get(path).status_code == 404, path
        assert clients["bob"].post(path, posted(path)).status_code in (404, 405), path
    assert (snapshot(), Entry.objects.count()) == (before, entries)


@pytest.mark.parametrize(
    ("who", "hidden"), [("bob", (NAME, FORMER, PRESENT)), ("carol", (FORMER,))]
)
def test_no_list_and_no_export_shows_it(clients, who: str, hidden: tuple[str, ...]) -> None:
    """The former admin nothing at all, the present one nothing former."""
    for path in LISTS:
        answer = clients[who].get(path)
        assert answer.status_code == 200, path
        text = body(answer)
        assert [word for word in hidden if word in text] == [], path


@pytest.mark.parametrize("q", [FORMER, f"{FORMER}@{NAME}"])
def test_nobody_finds_it_by_searching(clients, q: str) -> None:
    for client in clients.values():
        for path in ("/audit/", "/audit/export/", "/mailboxes/", "/forwardings/", "/transports/"):
            answer = client.get(path, {"q": q})
            assert body(answer).count(FORMER) <= body(client.get(path, {"q": "x" * len(q)})).count(
                "x" * len(q)
            ), "no more than what was typed"


@pytest.mark.parametrize("who", ["bob", "carol"])
def test_no_former_entry_is_shown_or_undone(clients, who: str) -> None:
    """Every number is tried, as somebody would who counts through them."""
    client = clients[who]
    before, count = snapshot(), Entry.objects.count()
    opened = []
    for entry in Entry.objects.order_by("pk"):
        path = f"/audit/{entry.pk}/"
        answers = [client.get(path), client.get(f"{path}undo/"), client.get(f"{path}undo/?only=1")]
        if any(answer.status_code == 200 for answer in answers):
            opened.append(entry.object_key)
            assert not any(FORMER in body(answer) for answer in answers)
            continue
        for query in ("", "?only=1"):
            answer = client.post(f"{path}undo/{query}", {"force": "on"})
            assert answer.status_code == 404
    assert (snapshot(), Entry.objects.count()) == (before, count)
    mine = [f"{PRESENT}{part}@{NAME}" for part in ("", "-fwd", "-tr")]
    assert opened == ([] if who == "bob" else [NAME, "carol", *mine])


def test_undo_of_the_deletion_gives_the_former_admin_all_of_it_back(
    clients, root, superadmin, client_of
) -> None:
    """A superadmin deletes the present one and takes the former deletion back."""
    delete_domain(actor=root, domain=NAME)
    deletion = Entry.objects.filter(action="delete_domain").last()
    answer = client_of(superadmin).post(f"/audit/{deletion.pk}/undo/", {"force": "on"})
    assert answer.status_code == 302, "not in the way: its mailboxes have other names"
    assert clients["bob"].get(f"/mailboxes/{FORMER}@{NAME}/").status_code == 200
    text = body(clients["bob"].get("/audit/export/"))
    assert FORMER in text
    assert PRESENT not in text
    assert clients["carol"].get(f"/domains/{NAME}/").status_code == 404


def test_the_operators_page_tells_a_superadmin(clients, superadmin, client_of) -> None:
    client = client_of(superadmin)
    assert "Granted once, but not in force any more: firm.test" in body(
        client.get("/operators/bob/")
    )
    assert "Granted once" not in body(client.get("/operators/carol/"))
    row = body(client.get("/operators/")).partition("/operators/bob/")[2]
    assert NAME not in row.partition("</tr>")[0]
    answer = client.post("/operators/bob/", {"domains": NAME})
    assert answer.status_code == 302
    assert clients["bob"].get(f"/domains/{NAME}/").status_code == 200
    assert clients["bob"].get(f"/mailboxes/{PRESENT}@{NAME}/").status_code == 200
    assert FORMER not in body(clients["bob"].get("/audit/export/")), "nor any former history"
