"""What is set for a domain: written, logged, undone, obeyed by the checks; afresh if made anew."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from audit.actor import Actor
from audit.models import Entry
from audit.refusals import ChangedMeanwhile, Refused, codes_of
from dnshealth.change_settings import change_settings, put_settings_back
from dnshealth.check_now import check_now
from dnshealth.domain_settings import NONE, prune_settings, settings_of
from dnshealth.host import subjects
from dnshealth.models import DnsSettings, Health
from dnshealth.names import stored_name
from dnshealth.reading import read_report
from dnshealth.services import Result, store_results
from dnshealth.states import State
from domains.models import Domain
from domains.services import create_domain
from mailboxes.services.domains import delete_domain
from mailkit.dns.results import Severity, fail, passed
from tests.dnshealth.conftest import Run
from tests.dnshealth.zones import GOOD, Use, answers
from undo.services import in_the_way, undo

OFF = {"caa": "no web server here", "mx.no_ipv6": "the provider has none"}


def put(actor: Actor, domain: str = "a.test", **fields: object) -> None:
    wanted = {"role": "", "selectors": [], "switched_off": {}, **fields}
    change_settings(actor=actor, domain=domain, **wanted)


def last() -> Entry:
    return Entry.objects.filter(object_type="dns_settings").latest("pk")


def test_it_is_written_logged_and_read(root: Actor, two_domains: None) -> None:
    put(root, role="send_only", selectors=["S1", " s2 ", "s1"], switched_off=OFF)

    found = settings_of("a.test")
    assert (found.role, found.selectors) == ("send_only", ("s1", "s2"))
    assert {key: (one.by, one.because) for key, one in found.switched_off.items()} == {
        key: (root.name, because) for key, because in OFF.items()
    }
    assert settings_of("b.test") == NONE
    entry = last()
    assert (entry.action, entry.object_key, entry.domain) == (
        "change_dns_settings",
        "a.test",
        "a.test",
    )
    assert entry.changes == {
        "role": [None, "send_only"],
        "selectors": [None, "s1, s2"],
        "off caa": [None, f"{root.name}: no web server here"],
        "off mx.no_ipv6": [None, f"{root.name}: the provider has none"],
    }
    put(root, role="send_only", selectors=["s1", "s2"], switched_off=OFF)
    assert last() == entry


def test_who_switched_it_off_stays_until_the_reason_changes(
    root: Actor, bob_actor: Actor, two_domains: None
) -> None:
    put(root, switched_off=OFF)
    put(bob_actor, switched_off={**OFF, "caa": "another reason"})

    by = {key: one.by for key, one in settings_of("a.test").switched_off.items()}
    assert by == {"caa": "bob", "mx.no_ipv6": root.name}


@pytest.fixture
def bob_actor(domain_admin, two_domains: None) -> Actor:
    return domain_admin.actor()


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ({"role": "king"}, ["role"]),
        ({"selectors": ["a b"]}, ["selector"]),
        ({"selectors": ["-x"]}, ["selector"]),
        ({"selectors": [f"s{n}" for n in range(21)]}, ["too_many"]),
        ({"switched_off": {"nonsense": "x"}}, ["no_such_check"]),
        ({"switched_off": {"spf.include_unknown": "x"}}, ["only_unknown"]),
        ({"switched_off": {"mx": "x"}}, ["required"]),
        ({"switched_off": {"ptr": "x"}}, ["required"]),
        ({"switched_off": {"dnsbl.refused": "x"}}, ["only_unknown"]),
        ({"switched_off": {"caa": "  "}}, ["no_reason"]),
        ({"switched_off": {"caa": "x" * 201}}, ["reason"]),
        ({"switched_off": {"caa": "a\x00b"}}, ["reason"]),
        ({"role": "king", "switched_off": {"caa": ""}}, ["role", "no_reason"]),
    ],
)
def test_what_cannot_be_is_refused(
    fields: dict[str, object], codes: list[str], root: Actor, two_domains: None
) -> None:
    with pytest.raises(Refused) as refused:
        put(root, **fields)
    assert codes_of(refused.value) == codes
    assert not DnsSettings.objects.exists()


def test_an_unknown_that_was_switched_off_once_counts_no_more(
    root: Actor, two_domains: None, run: Run
) -> None:
    put(root, switched_off=OFF)
    row = DnsSettings.objects.get()
    row.switched_off["spf.include_unknown"] = row.switched_off["caa"]
    row.save()

    assert set(settings_of("a.test").switched_off) == set(OFF)
    assert set(subjects(["a.test"]).domains[0].switched_off) == set(OFF)
    # It does not hold up a change of the rest, and goes with that.
    assert run("dns", "settings", "a.test", "--role", "send-only").code == 0
    assert set(DnsSettings.objects.get().switched_off) == set(OFF)


def test_undo_does_not_bring_back_an_unknown_that_was_switched_off(
    root: Actor, two_domains: None
) -> None:
    put(root, switched_off=OFF)
    was = {"off caa": "alice: why", "off spf.include_unknown": "alice: why"}
    put_settings_back(actor=root, domain="a.test", fields=was)
    assert set(DnsSettings.objects.get().switched_off) == set(OFF)


def test_only_in_own_domains_and_not_over_somebody_else(
    root: Actor, bob_actor: Actor, two_domains: None
) -> None:
    put(bob_actor, role="send_only")
    with pytest.raises(PermissionDenied):
        put(bob_actor, "b.test", role="send_only")
    with pytest.raises(Domain.DoesNotExist):
        put(root, "c.test", role="send_only")
    with pytest.raises(ChangedMeanwhile):
        put(root, role="", state="of another time")
    assert settings_of("a.test").role == "send_only"


def test_undo_and_its_undo(root: Actor, two_domains: None) -> None:
    put(root, role="send_only", switched_off=OFF)
    first = settings_of("a.test")
    put(root, selectors=["s1"], switched_off={"caa": "other"})
    second = last()
    undo(actor=root, entry_id=second.pk)
    found = settings_of("a.test")
    assert (found.role, found.selectors) == (first.role, first.selectors)
    assert {k: (v.by, v.because) for k, v in found.switched_off.items()} == {
        k: (v.by, v.because) for k, v in first.switched_off.items()
    }
    assert last().undoes_id == second.pk
    undo(actor=root, entry_id=last().pk)
    assert settings_of("a.test").selectors == ("s1",)
    # Not over what came later, and not for a domain that is gone.
    put(root, selectors=["s9"])
    assert [one.code for one in in_the_way(actor=root, entry_id=second.pk)] == ["changed"]
    latest = last()
    Domain.objects.filter(pk="a.test").delete()
    assert [one.code for one in in_the_way(actor=root, entry_id=latest.pk)] == ["gone"]


def test_undo_is_for_whose_domain_it_is(root: Actor, bob_actor: Actor, two_domains: None) -> None:
    put(root, role="send_only")
    undo(actor=bob_actor, entry_id=last().pk)
    assert settings_of("a.test") == NONE
    put(root, "b.test", role="send_only")
    with pytest.raises(Entry.DoesNotExist):
        undo(actor=bob_actor, entry_id=last().pk)


def test_a_domain_made_anew_starts_afresh(root: Actor, two_domains: None) -> None:
    put(root, role="send_only")
    delete_domain(actor=root, domain="a.test")
    deleted = Entry.objects.get(action="delete_domain")
    assert settings_of("a.test") == NONE
    # It comes back as it was.
    undo(actor=root, entry_id=deleted.pk)
    assert settings_of("a.test").role == "send_only"
    # Deleted by SQL, added by the panel.
    Domain.objects.filter(pk="a.test").delete()
    create_domain(actor=root, domain="a.test")
    assert settings_of("a.test") == NONE
    assert subjects(["a.test"]).domains[0].send_only is False
    # What is set now counts, and has nothing of before.
    put(root, selectors=["new"])
    assert (settings_of("a.test").role, settings_of("a.test").selectors) == ("", ("new",))


def test_pruned_once_the_domain_cannot_come_back(root: Actor, two_domains: None) -> None:
    for name in ("a.test", "b.test"):
        put(root, name, role="send_only")
    assert prune_settings() == 0
    delete_domain(actor=root, domain="a.test")
    assert prune_settings() == 0
    old = timezone.now() - timedelta(days=31)
    Entry.objects.filter(action="delete_domain").update(time=old)
    Domain.objects.filter(pk="b.test").delete()
    assert prune_settings() == 2
    assert not DnsSettings.objects.exists()


def test_the_checks_go_by_it(root: Actor, two_domains: None, use: Use) -> None:
    put(root, role="receives_elsewhere", selectors=["s1"], switched_off={"caa": "why"})
    found = subjects(["A.test."]).domains[0]
    assert (found.receives_elsewhere, found.send_only, found.selectors) == (True, False, ("s1",))
    assert found.switched_off == {"caa": f"switched off by {root.name} because: why"}


def test_what_is_switched_off_is_never_in_order(root: Actor, two_domains: None, use: Use) -> None:
    use(answers(a_test=GOOD.replace("p=reject", "p=none")))
    check_now(actor=root, row_key="a.test")
    health = Health.objects.get(pk="a.test")
    assert health.verdict == "warning"
    off = {"dmarc.p_none": "we still watch", "caa": "no web server", "helo.spf": "soon"}
    put(root, switched_off=off)

    check_now(actor=root, row_key="a.test")

    health.refresh_from_db()
    assert health.verdict == "notice"
    assert [health.cells[name] for name in ("dmarc", "caa", "helo")] == [[State.OFF, ""]] * 3
    report = read_report(health)
    assert {one.key: one.reason for one in report.off} == {
        "helo.spf": f"helo.spf switched off by {root.name} because: soon",
        "dmarc.p_none": f"dmarc.p_none switched off by {root.name} because: we still watch",
        "caa": f"switched off by {root.name} because: no web server",
    }
    assert {"dmarc", "caa", "helo"}.isdisjoint(
        one.name for one in (*report.passed, *report.skipped)
    )
    assert "dmarc.p_none" not in [one.code for one in (*report.failed, *report.hints)]


def test_the_sts_policy_that_an_id_stood_for_is_known(root: Actor, two_domains: None) -> None:
    at = timezone.now()
    store_results([Result("a.test", at, (passed("sts", params={"id": "1", "policy": "old"}),))])
    known = subjects(["a.test"]).domains[0]
    assert (known.sts_id, known.sts_policy) == ("1", "old")
    stale = fail(
        "sts",
        "sts.id_stale",
        Severity.WARNING,
        params={"id": "1", "policy": "new", "known_policy": "old"},
    )
    store_results([Result("a.test", at + timedelta(hours=1), (stale,))])
    # The fault lasts until the id changes.
    assert subjects(["a.test"]).domains[0].sts_policy == "old"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), {"role": "both", "selectors": []}),
        (("--role", "send-only"), {"role": "send-only"}),
        (("--selectors", "s1,s2"), {"selectors": ["s1", "s2"]}),
        (("--selectors", ""), {"selectors": []}),
    ],
)
def test_by_command(
    arguments: tuple[str, ...], expected: dict[str, object], run: Run, two_domains: None
) -> None:
    found = run("dns", "settings", "a.test", *arguments, "--json").data
    assert {key: found[key] for key in expected} == expected


def test_switched_off_and_on_by_command(run: Run, two_domains: None) -> None:
    said = run("dns", "settings", "A.test.", "--off", "caa", "no web server")
    assert said.code == 0
    assert "off: caa (" in said.out
    assert "no web server)" in said.out
    refused = run("dns", "settings", "a.test", "--off", "mx", "x", "--json")
    assert [one["code"] for one in refused.data["refused"]] == ["required"]
    assert run("dns", "settings", "a.test", "--on", "caa", "--json").data["switched_off"] == []
    assert run("dns", "settings", "a.test", "--on", "caa").code == 1
    assert run("dns", "settings", "c.test").code == 1


def test_a_name_with_other_letters(root: Actor, db: None) -> None:
    Domain.objects.create(domain="bücher.test")
    put(root, "bücher.test", role="send_only")
    assert DnsSettings.objects.get().pk == stored_name("bücher.test")
    assert subjects(["bücher.test"]).domains[0].send_only is True
    delete_domain(actor=root, domain="bücher.test")
    assert settings_of("bücher.test") == NONE


def test_the_new_state_makes_room_among_the_stored_ranks(root: Actor, two_domains: None) -> None:
    """Rows from before have "notice" where "switched off" is now."""
    migration = import_module("dnshealth.migrations.0002_dns_settings")
    before = {"ok": 2, "notice": 3, "critical": 7}
    for name, rank in before.items():
        Health.objects.create(domain=f"{name}.test", row_key=f"{name}.test", rank=rank)
    migration.make_room(apps, None)
    found = dict(Health.objects.values_list("domain", "rank"))
    assert found == {f"{name}.test": State(name).rank for name in before}
    migration.close_up(apps, None)
    assert dict(Health.objects.values_list("domain", "rank")) == {
        f"{name}.test": rank for name, rank in before.items()
    }
