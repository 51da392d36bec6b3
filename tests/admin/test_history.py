"""The history that Django admin shows of a row is the panel's change log."""

from __future__ import annotations

from urllib.parse import quote

from django.contrib.admin.utils import quote as admin_quote

from tests.admin.test_admin import BOXES, FORWARDINGS, NEW, change, quiet

__all__ = ["quiet"]


def test_the_history_is_the_change_log(admin, anna):
    admin.post(change(BOXES, anna.email), {"password1": NEW, "password2": NEW})
    html = admin.get(f"{BOXES}{quote(admin_quote(anna.email))}/history/").content.decode()
    assert "added the mailbox" in html
    assert "set the password of" in html


def test_the_history_tells_of_a_row_that_was_renamed_away(admin, quiet):
    old, new = "old@a.test", "new@a.test"
    admin.post(f"{FORWARDINGS}add/", {"source": old, "destination": "x@far.test"})
    admin.post(change(FORWARDINGS, old), {"source": new, "destination": "x@far.test"})
    admin.post(f"{FORWARDINGS}add/", {"source": old, "destination": "y@far.test"})
    html = admin.get(f"{FORWARDINGS}{quote(admin_quote(old))}/history/").content.decode()
    assert html.count("added the forwarding of") == 2
    assert html.count("changed the forwarding of") == 1
    assert new in html
