"""Lists of Django admin that stay quick at any size."""

from __future__ import annotations

from django.db import connection

from mailboxes.models import Mailbox

from .test_admin import BOXES


def test_the_state_is_looked_for_among_the_first_rows_only(admin, anna, monkeypatch):
    """Of a million mailboxes, or of one large domain's."""
    monkeypatch.setattr("mailboxes.admin_filters.REACHED", 2)
    for number in range(4):
        Mailbox.objects.create(email=f"b{number}@b.test", password="{CRYPT}$!${PLAIN}x")

    def listed(query: str) -> list[str]:
        return [row.pk for row in admin.get(BOXES + query).context["cl"].result_list]

    assert listed("?state=suspended") == ["b0@b.test"]
    assert listed("?state=suspended&domain=b.test") == ["b0@b.test", "b1@b.test"]
    assert listed("?state=suspended&q=b3") == ["b3@b.test"]


def test_a_domains_rows_come_in_the_order_of_its_index(admin, anna):
    Mailbox.objects.create(email="ben@a.test", password="x")
    ordering = admin.get(BOXES + "?domain=a.test").context["cl"].queryset.query.order_by
    assert ordering == (("_domain", "pk") if connection.vendor == "mysql" else ("pk",))
