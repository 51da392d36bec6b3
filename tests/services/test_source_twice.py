"""Without a unique key one source may stand in two rows: both lose a mailbox, none is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.db import connection

from audit.actor import Actor
from audit.refusals import Refused, codes_of
from domains import schema
from domains.models import Domain
from mailboxes.models import Forwarding, Mailbox
from mailboxes.services.domains import delete_domain
from mailboxes.services.forwardings import change_forwarding
from mailboxes.services.left_behind import remove_left_behind
from mailboxes.services.mailboxes import delete_mailbox
from mailboxes.services.many import delete_mailboxes

SOURCE = "s@b.test"


@pytest.fixture
def two_rows(request: pytest.FixtureRequest) -> Iterator[Callable[..., None]]:
    """Rows of SOURCE that lead to these destinations, once the table has no key."""
    # MariaDB commits with each change of a table, so there it has to be changed back.
    committed = connection.vendor == "mysql"
    request.getfixturevalue("transactional_mail_tables" if committed else "db")
    for name in ("a.test", "b.test"):
        Domain.objects.create(domain=name)
    for email in ("u@a.test", "v@b.test"):
        Mailbox.objects.create(email=email, password="{PLAIN}x")
    without_key = (
        ["ALTER TABLE forwardings DROP PRIMARY KEY"]
        if committed
        else [
            "DROP TABLE forwardings",
            "CREATE TABLE forwardings (source varchar(255) NOT NULL, destination text)",
        ]
    )
    execute(*without_key)

    def make(*destinations: str) -> None:
        with connection.cursor() as cursor:
            for text in destinations:
                cursor.execute("INSERT INTO forwardings VALUES (%s, %s)", [SOURCE, text])
        schema.forget_schema()

    yield make
    if committed:
        execute("DELETE FROM forwardings", "ALTER TABLE forwardings ADD PRIMARY KEY (source)")
    schema.forget_schema()


def execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def stored() -> list[str | None]:
    return list(Forwarding.objects.order_by("destination").values_list("destination", flat=True))


def one(root: Actor) -> None:
    delete_mailbox(actor=root, email="u@a.test")


def many(root: Actor) -> None:
    for error in delete_mailboxes(actor=root, emails=["u@a.test"]).values():
        raise error


def domain(root: Actor) -> None:
    delete_domain(actor=root, domain="a.test", dependents="remove")


DELETE = pytest.mark.parametrize("delete", [one, many, domain])


@DELETE
@pytest.mark.parametrize(("text", "left"), [("u@a.test", []), ("u@a.test, v@b.test", ["v@b.test"])])
def test_two_alike_both_lose_it(
    root: Actor,
    two_rows: Callable[..., None],
    delete: Callable[[Actor], None],
    text: str,
    left: list[str],
) -> None:
    two_rows(text, text)
    delete(root)
    assert not Mailbox.objects.filter(pk="u@a.test").exists()
    assert stored() == left * 2


@DELETE
def test_two_that_lead_elsewhere_are_left_and_said(
    root: Actor, two_rows: Callable[..., None], delete: Callable[[Actor], None]
) -> None:
    two_rows("u@a.test", "u@a.test, v@b.test")
    with pytest.raises(Refused) as caught:
        delete(root)
    assert codes_of(caught.value) == ["source_twice"]
    assert Mailbox.objects.filter(pk="u@a.test").exists()
    assert stored() == ["u@a.test", "u@a.test, v@b.test"]


def test_of_many_mailboxes_the_others_go(root: Actor, two_rows: Callable[..., None]) -> None:
    two_rows("u@a.test", "x@far.test")
    assert list(delete_mailboxes(actor=root, emails=["u@a.test", "v@b.test"])) == ["u@a.test"]
    assert [row.pk for row in Mailbox.objects.all()] == ["u@a.test"]
    assert stored() == ["u@a.test", "x@far.test"]


def test_a_change_is_refused_too(root: Actor, two_rows: Callable[..., None]) -> None:
    two_rows("u@a.test", "v@b.test")
    with pytest.raises(Refused) as caught:
        change_forwarding(actor=root, key=SOURCE, destination="x@far.test", force=True)
    assert codes_of(caught.value) == ["source_twice"]
    assert stored() == ["u@a.test", "v@b.test"]


def test_what_is_looked_for_afterwards_leaves_them(
    root: Actor, two_rows: Callable[..., None]
) -> None:
    two_rows("gone@a.test", "gone@a.test, v@b.test")
    group = "1b0f6d2e-0000-4000-8000-000000000000"
    assert remove_left_behind.func("mailbox", "gone@a.test", "root", group) == 0
    assert stored() == ["gone@a.test", "gone@a.test, v@b.test"]
