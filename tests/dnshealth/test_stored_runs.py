"""`dns check` stores what it finds of the panel's own domains, and `dns prune` tidies up."""

from __future__ import annotations

import pytest
from django.conf import settings

from dnshealth.models import Health, Outcome
from dnshealth.models import Run as StoredRun
from domains.models import Domain
from mailkit.dns.answers import Outcome as Ended
from tests.dnshealth.conftest import Run
from tests.dnshealth.zones import GOOD, NO_SPF, TWO_SPF, Use, answers

SILENT = {"a.test": Ended.TIMEOUT, "_dmarc.a.test": Ended.TIMEOUT}


@pytest.fixture
def two(db: None, use: Use) -> None:
    for name in ("a.test", "B.test"):
        Domain.objects.create(domain=name)
    use(answers(a_test=TWO_SPF, b_test=NO_SPF, far_away=GOOD))


def test_all_domains_are_stored(run: Run, two: None) -> None:
    assert run("dns", "check", "--all").code == 1

    assert list(Health.objects.order_by("pk").values_list("pk", "row_key", "verdict")) == [
        ("a.test", "a.test", "critical"),
        ("b.test", "B.test", "critical"),
    ]
    stored = StoredRun.objects.get()
    assert (stored.outcome, stored.kind, stored.domains) == (Outcome.DONE, "command", 2)
    assert stored.ended_at is not None


def test_for_a_timer_faults_are_no_failure(run: Run, two: None) -> None:
    assert run("dns", "check", "--all", "--faults-are-fine").code == 0
    assert set(Health.objects.values_list("verdict", flat=True)) == {"critical"}
    unit = (settings.BASE_DIR / "deploy/mailadmin-dns.service").read_text("utf-8")
    assert "dns check --all --faults-are-fine" in unit
    assert "SuccessExitStatus" not in unit


def test_only_domains_of_the_panel_are_stored(run: Run, two: None) -> None:
    run("dns", "check", "far.away", "A.test")
    run("dns", "check", "far.away")

    assert list(Health.objects.values_list("pk", flat=True)) == ["a.test"]
    assert StoredRun.objects.get().domains == 1


def test_json_tells_what_was_known_before(run: Run, two: None, use: Use) -> None:
    run("dns", "check", "a.test")
    use(answers(SILENT, a_test=TWO_SPF))

    (found,) = run("dns", "check", "a.test", "--json").data

    (spf,) = [check for check in found["checks"] if check["family"] == "spf"]
    assert (spf["status"], spf["last_known"]["codes"]) == ("unknown", ["spf.multiple"])
    assert spf["last_known"]["state"] == "critical"


def test_a_dead_resolver_changes_nothing_stored(run: Run, two: None, use: Use) -> None:
    run("dns", "check", "--all")
    before = list(Health.objects.values())
    dead = use(answers())
    dead.down = True

    assert run("dns", "check", "--all").code == 1
    # The timer's unit is to see that, and not the faults of domains.
    assert run("dns", "check", "--all", "--faults-are-fine").code == 1

    assert list(Health.objects.values()) == before
    assert StoredRun.objects.order_by("id").last().outcome == Outcome.RESOLVER_DOWN


def test_prune_says_what_is_gone(run: Run, two: None) -> None:
    run("dns", "check", "--all")
    Domain.objects.filter(pk="a.test").delete()

    assert "1 deleted domains" in run("dns", "prune").out
    assert run("dns", "prune", "--json").data == {"runs": 0, "verdicts": 0, "domains": 0}
