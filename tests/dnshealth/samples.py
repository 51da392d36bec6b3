"""Results in every state, as a run would store them."""

from __future__ import annotations

from base64 import b64encode
from datetime import timedelta

from django.utils import timezone

from dnshealth.dkim.models import DkimKey, KeyState, Origin
from dnshealth.services import Result, store_results
from mailkit.dns.dkim_keys import make_ed25519
from mailkit.dns.results import Record, Severity, fail, passed, skipped, unknown

LONG = "v=DKIM1; k=rsa; p=" + "A" * 392
CHECKS = (
    fail(
        "dkim",
        "dkim.missing",
        Severity.CRITICAL,
        expected="a key",
        publish=(Record("mail._domainkey.a.test.", "TXT", LONG),),
    ),
    fail(
        "spf",
        "spf.multiple",
        Severity.CRITICAL,
        observed=("v=spf1 mx -all", "v=spf1 a -all"),
        publish=(Record("a.test.", "TXT", "v=spf1 mx a -all", 300),),
        remove=(Record("a.test.", "TXT", "v=spf1 a -all", 300),),
    ),
    fail(
        "mx",
        "mx.foreign_extra",
        Severity.WARNING,
        remove=(Record("a.test.", "MX", "20 b.test."),),
    ),
    fail("sts", "sts.missing", Severity.NOTICE),
    unknown("dmarc", "SERVFAIL"),
    passed("ptr", observed=("mail.a.test.",), host="mail.a.test"),
    skipped("dnsbl", "no list is set"),
)


def store_samples(*row_keys: str) -> None:
    """A history of three days, and today a finding of every kind."""
    now = timezone.now()
    days = [(passed("spf"), passed("dmarc")), (unknown("spf", "timeout"),), CHECKS]
    for ago, checks in zip((3, 2, 1), days, strict=True):
        at = now - timedelta(days=ago)
        store_results(Result(row_key, at, checks) for row_key in row_keys)


def store_keys(domain: str) -> None:
    """A DKIM key in each state, `s-made`, `s-published` ..., as the panel keeps them."""
    now = timezone.now()
    spki = b64encode(make_ed25519().spki).decode()
    DkimKey.objects.bulk_create(
        DkimKey(
            domain=domain,
            selector=f"s-{state}",
            kind="ed25519",
            spki=spki,
            path=f"/keys/{domain}.s-{state}.key",
            origin=Origin.PANEL,
            state=state,
            made_at=now,
            old_since=now if state == KeyState.OLD else None,
            removed_at=now if state == KeyState.REMOVED else None,
        )
        for state in KeyState
    )
