"""The page on which an owner sends the own mail elsewhere."""

from __future__ import annotations

import pytest

from mailboxes.models import Forwarding
from tests.pages.reading import read

from .conftest import ANNA

PATH = "/account/forwarding/"


def stored() -> str | None:
    row = Forwarding.objects.filter(pk=ANNA).first()
    return row.destination if row else None


def test_it_saves_with_a_copy_and_without(owner):
    assert 'name="keep_copy"' in read(owner.get(PATH)).html
    answer = owner.post(PATH, {"destination": "x@far.example\n", "keep_copy": "on"})
    assert (answer.status_code, answer["Location"]) == (302, "/account/")
    assert stored() == f"{ANNA}, x@far.example"
    owner.post(PATH, {"destination": "x@far.example"})
    assert stored() == "x@far.example"
    owner.post(PATH, {"destination": ""})
    assert stored() is None


@pytest.mark.parametrize(
    ("destination", "shown", "ticked"),
    [
        (None, "", True),
        (f"{ANNA}, x@far.example, y@far.example", "x@far.example\ny@far.example", True),
        ("x@far.example", "x@far.example", False),
    ],
)
def test_it_opens_with_what_there_is(owner, forwardings, destination, shown, ticked):
    forwardings({ANNA: destination} if destination else {})
    html = read(owner.get(PATH)).html
    area = html[html.index("<textarea") :]
    assert area[area.index(">") + 1 : area.index("</textarea>")].strip() == shown
    box = html[html.rindex("<input", 0, html.index('name="keep_copy"')) :]
    assert ("checked" in box[: box.index(">")]) is ticked


def test_taking_all_mail_away_is_said_in_a_clear_sentence(owner):
    text = read(owner.get(PATH)).text
    assert "Without the tick no more mail arrives in this mailbox" in text


@pytest.mark.parametrize("destination", ["no address", "@b.test", "|/bin/sh", "round@a.test"])
def test_bad_input_is_said_at_its_field_and_nothing_is_lost(owner, forwardings, destination):
    forwardings({"round@a.test": ANNA})
    found = read(owner.post(PATH, {"destination": destination}))
    assert found.is_invalid("destination")
    assert destination in found.text
    assert stored() is None


def test_a_dead_end_is_saved_once_it_is_confirmed(owner):
    data = {"destination": "nobody@b.test", "keep_copy": "on"}
    found = read(owner.post(PATH, data))
    assert found.has("force")
    assert stored() is None
    assert owner.post(PATH, {**data, "force": "on"}).status_code == 302
    assert stored() == f"{ANNA}, nobody@b.test"


def test_a_row_changed_meanwhile_is_shown_beside_what_was_typed(owner, forwardings):
    state = read(owner.get(PATH)).value("state")
    forwardings({ANNA: "operator@far.example"})
    found = read(owner.post(PATH, {"destination": "mine@far.example", "state": state}))
    assert "Changed meanwhile" in found.text
    assert "operator@far.example" in found.text
    assert "mine@far.example" in found.text
    assert stored() == "operator@far.example"
    again = {"destination": "mine@far.example", "state": found.value("state")}
    assert owner.post(PATH, again).status_code == 302
    assert stored() == "mine@far.example"


def test_no_field_reaches_another_row(owner):
    owner.post(
        PATH, {"destination": "x@far.example", "source": "bert@a.test", "email": "bert@a.test"}
    )
    assert [row.source for row in Forwarding.objects.all()] == [ANNA]


def test_where_it_is_switched_off_there_is_no_page_and_no_link(owner, config, forwardings):
    forwardings({ANNA: "x@far.example"})
    config(owners_may_forward=False)
    assert owner.get(PATH).status_code == 404
    assert owner.post(PATH, {"destination": ""}).status_code == 404
    found = read(owner.get("/account/"))
    assert "x@far.example" in found.text
    assert PATH not in found.html
    assert stored() == "x@far.example"
