"""An owner's forwarding counts among those that the admins of his domain may have."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Grant, User
from accounts.own_forwarding import limited_admins, set_own_forwarding
from audit.actor import Actor
from audit.refusals import Refused, codes_of
from mailboxes.models import Forwarding
from tests.pages.reading import read

from .conftest import ANNA

FAR = "x@far.example"


@pytest.fixture
def admins(anna) -> None:
    """Bob may have 2 forwardings in both domains together, Carol 9; Eve is disabled."""
    for name, domains, most, more in (
        ("bob", ("a.test", "b.test"), 2, {}),
        ("carol", ("a.test",), 9, {}),
        ("dave", ("a.test",), None, {}),
        ("eve", ("a.test",), 0, {"is_active": False}),
        ("frank", ("b.test",), 0, {}),
    ):
        user = User.objects.create(username=name, max_forwardings=most, **more)
        for domain in domains:
            Grant.objects.create(user=user, domain=domain)


def test_who_is_asked(admins) -> None:
    assert {one.name for one in limited_admins("A.test")} == {"bob", "carol"}
    assert {one.name for one in limited_admins("b.test")} == {"bob", "frank"}
    assert limited_admins("c.test") == []


@pytest.mark.parametrize(
    ("there", "refused"),
    [
        ([], False),
        (["info@a.test"], False),
        (["info@a.test", "info@c.test", "@c.test"], False),
        (["info@a.test", "info@b.test"], True),
        (["x@b.test", "y@b.test", "z@b.test"], True),
    ],
)
def test_a_new_one_is_refused_when_there_are_enough(
    admins, me: Actor, forwardings, there: list[str], refused: bool
) -> None:
    forwardings(dict.fromkeys(there, FAR))
    if refused:
        with pytest.raises(Refused) as caught:
            set_own_forwarding(actor=me, destination=FAR, keep_copy=True, force=True)
        assert codes_of(caught.value) == ["limit.forwardings"]
    else:
        set_own_forwarding(actor=me, destination=FAR, keep_copy=True)
    assert Forwarding.objects.filter(pk=ANNA).exists() is not refused


def test_the_one_that_is_there_is_changed_and_removed_all_the_same(
    admins, me: Actor, forwardings
) -> None:
    forwardings({ANNA: FAR, "info@a.test": FAR, "info@b.test": FAR})
    set_own_forwarding(actor=me, destination="y@far.example", keep_copy=True)
    assert Forwarding.objects.get(pk=ANNA).destination == f"{ANNA}, y@far.example"
    set_own_forwarding(actor=me, destination="", keep_copy=True)
    assert not Forwarding.objects.filter(pk=ANNA).exists()
    # Nothing is to be added where there was none.
    set_own_forwarding(actor=me, destination="", keep_copy=True)


def test_the_page_says_so_and_keeps_what_was_typed(admins, owner: Client, forwardings) -> None:
    forwardings({"info@a.test": FAR, "info@b.test": FAR})
    found = read(owner.post("/account/forwarding/", {"destination": FAR, "keep_copy": "on"}))
    assert found.is_invalid("destination")
    assert "as many forwardings in your domain as there may be" in found.text
    assert FAR in found.text
