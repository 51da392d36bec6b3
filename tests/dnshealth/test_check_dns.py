"""“Check now”: a POST that comes back, with scripts a progress; it never waits longer than that."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from threading import BoundedSemaphore

import pytest
from django.test import Client
from django.utils import timezone

from dnshealth import check_now
from dnshealth.lost_runs import PAGE_LOST_AFTER
from dnshealth.models import Finding, Health, Outcome, Run
from domains.models import Domain
from mailkit.dns.answers import Answer
from mailkit.dns.answers import Outcome as Ended
from mailkit.dns.families.registry import FAMILIES
from tests.dnshealth.zones import GOOD, NO_SPF, TWO_SPF, Answers, Use, answers
from tests.pages.reading import read

PAGE = "/domains/a.test/dns/"
CHECK = PAGE + "check/"
HTMX = {"HTTP_HX_REQUEST": "true"}

pytestmark = pytest.mark.django_db


def states() -> dict[str, str]:
    return dict(Finding.objects.filter(health="a.test").values_list("family", "state"))


def test_it_checks_stores_and_comes_back(admin: Client, two_domains: None, use: Use) -> None:
    use(answers(a_test=TWO_SPF))

    response = admin.post(CHECK)

    assert (response.status_code, response.url) == (302, PAGE)
    page = read(admin.get(PAGE))
    assert "Checked just now." in page.text
    assert "There are several SPF records" in page.text
    run = Run.objects.get()
    assert (run.outcome, run.kind, run.actor, run.domain) == ("done", "page", "alice", "a.test")
    assert sorted(run.done) == sorted(states()) == sorted(one.name for one in FAMILIES)


def test_a_fault_that_is_mended_is_gone(admin: Client, two_domains: None, use: Use) -> None:
    use(answers(a_test=NO_SPF))
    admin.post(CHECK)
    assert states()["spf"] == "critical"

    use(answers(a_test=GOOD))
    admin.post(CHECK)

    assert (states()["spf"], states()["dmarc"], states()["mx"]) == ("ok", "ok", "ok")


def test_spf_dkim_and_dmarc_are_judged_together(admin: Client, two_domains: None, use: Use) -> None:
    """`dmarc.alignment` comes of all three, also where they are checked one by one."""
    use(answers(a_test=f'{NO_SPF}_dmarc TXT "v=DMARC1; p=reject; rua=mailto:x@a.test"\n'))
    admin.post(CHECK)

    assert "dmarc.alignment" in str(Finding.objects.get(family="dmarc").checks)


def test_servers_that_do_not_answer_take_nothing_away(
    admin: Client, two_domains: None, use: Use
) -> None:
    use(answers(a_test=TWO_SPF))
    admin.post(CHECK)
    use(answers({"a.test": Ended.TIMEOUT, "_dmarc.a.test": Ended.SERVFAIL}, a_test=TWO_SPF))
    admin.post(CHECK)

    health = Health.objects.get()
    assert (health.verdict, health.cells["spf"]) == ("critical", ["unknown", "critical"])
    assert health.unknown_since is not None


def test_no_resolver_at_all_changes_nothing_and_is_said(
    admin: Client, two_domains: None, use: Use
) -> None:
    use(answers(a_test=TWO_SPF))
    admin.post(CHECK)
    read(admin.get(PAGE))
    before = list(Health.objects.values())
    dead = use(answers())
    dead.down = True

    assert admin.post(CHECK).status_code == 302

    assert list(Health.objects.values()) == before
    page = read(admin.get(PAGE))
    assert "No name server (resolver) answered" in page.text
    assert "Checked just now" not in page.text
    # Once a check has come through, it is not said any more.
    use(answers(a_test=GOOD))
    admin.post(CHECK)
    assert "No name server" not in read(admin.get(PAGE)).text


def test_a_fault_of_ours_is_said_and_changes_nothing(
    admin: Client, two_domains: None, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(answers(a_test=GOOD))

    def broken(results: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(check_now, "store_results", broken)
    admin.post(CHECK)

    assert Run.objects.get().outcome == Outcome.FAILED
    assert not Health.objects.exists()
    assert "ended by a fault of this program" in read(admin.get(PAGE)).text


class Slow(Answers):
    """Answers about DMARC come only after the end of all days."""

    async def ask(self, name: str, type: str) -> Answer:
        if name.startswith("_dmarc"):
            await asyncio.sleep(3600)
        return await super().ask(name, type)


def test_what_takes_too_long_is_unknown_and_the_rest_is_kept(
    admin: Client, two_domains: None, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_now, "LIMIT", 0.4)
    zones = Slow()
    zones.__dict__.update(answers(a_test=TWO_SPF).__dict__)
    use(zones)
    began = timezone.now()

    admin.post(CHECK)

    assert timezone.now() - began < timedelta(seconds=5)
    assert (states()["dmarc"], states()["spf"]) == ("unknown", "critical")
    assert "no answer within" in read(admin.get(PAGE)).text
    assert "dmarc" not in Run.objects.get().done


def test_with_scripts_the_progress_is_shown_and_then_the_result(
    admin: Client, two_domains: None, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(answers(a_test=TWO_SPF))
    jobs = []
    monkeypatch.setattr(check_now, "start", jobs.append)

    page = read(admin.post(CHECK, **HTMX))

    run = Run.objects.get()
    watch = f"{CHECK}{run.pk}/"
    assert f'hx-get="{watch}"' in page.html
    assert "0 of 15" in page.text
    check_now.note_progress(run, "mx")
    assert "1 of 15" in read(admin.get(watch, **HTMX)).text
    # The page itself, opened meanwhile, goes on watching; so it does without scripts.
    assert f'hx-get="{watch}"' in read(admin.get(PAGE)).html
    # A second click joins the first.
    read(admin.post(CHECK, **HTMX))
    assert len(jobs) == Run.objects.count() == 1
    jobs[0]()
    done = admin.get(watch, **HTMX)
    assert (done.status_code, done["HX-Refresh"]) == (204, "true")
    assert "There are several SPF records" in read(admin.get(PAGE)).text


def test_a_check_whose_process_was_stopped_does_not_stay_in_the_way(
    admin: Client, two_domains: None, use: Use, at_once: None
) -> None:
    use(answers(a_test=GOOD))
    old = timezone.now() - PAGE_LOST_AFTER - timedelta(seconds=1)
    lost = Run.objects.create(kind="page", actor="alice", domain="a.test", started_at=old)

    assert admin.get(f"{CHECK}{lost.pk}/").status_code == 204
    page = read(admin.get(PAGE))
    assert "hx-get" not in page.html.split("<main")[1]
    assert "The program that did it was stopped before it had an answer" in page.text
    assert Run.objects.get().outcome == Outcome.LOST
    assert admin.post(CHECK).status_code == 302
    assert Health.objects.get().verdict


@pytest.mark.parametrize(
    ("who", "domain", "status"),
    [
        ("admin", "b.test", 302),
        ("admin", "nothing.test", 404),
        ("bob", "a.test", 302),
        ("bob", "b.test", 404),
        ("owner", "a.test", 403),
    ],
)
def test_who_may_check(
    request: pytest.FixtureRequest,
    two_domains: None,
    use: Use,
    who: str,
    domain: str,
    status: int,
) -> None:
    client = request.getfixturevalue(who)
    use(answers(a_test=GOOD))

    assert client.post(f"/domains/{domain}/dns/check/").status_code == status
    assert Run.objects.exists() == (status == 302)


def test_a_run_of_another_domain_is_not_found(bob: Client, two_domains: None) -> None:
    run = Run.objects.create(kind="page", actor="x", domain="b.test", started_at=timezone.now())

    assert bob.get(f"{CHECK}{run.pk}/").status_code == 404
    assert bob.get(f"/domains/b.test/dns/check/{run.pk}/").status_code == 404


def test_the_row_as_sql_wrote_it_is_checked_by_its_name_in_dns(
    admin: Client, db: None, use: Use
) -> None:
    use(answers().load("xn--mller-kva.test", TWO_SPF))
    Domain.objects.create(domain="Müller.test")

    admin.post("/domains/Müller.test/dns/check/")

    assert Health.objects.get().pk == "xn--mller-kva.test"
    assert "There are several SPF records" in read(admin.get("/domains/Müller.test/dns/")).text


def test_more_checks_than_can_be_done_in_time_are_put_off(
    admin: Client, two_domains: None, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(answers(a_test=GOOD, b_test=GOOD))
    monkeypatch.setattr(check_now, "_places", BoundedSemaphore(1))
    jobs: list[Callable[[], None]] = []
    monkeypatch.setattr(check_now, "start", jobs.append)
    admin.post("/domains/b.test/dns/check/", **HTMX)

    busy = "Many checks are under way at the moment"
    page = read(admin.post(CHECK, **HTMX))
    assert busy in page.text
    assert 'id="dns-progress"' in page.html
    # Without scripts, too; and whoever watches the first one still does.
    assert busy in read(admin.post(CHECK, follow=True)).text
    assert "0 of 15" in read(admin.post("/domains/b.test/dns/check/", **HTMX)).text
    assert Run.objects.count() == 1

    jobs[0]()
    assert "Checked just now" in read(admin.post(CHECK, follow=True)).text
    # Each has given its place back.
    assert check_now._places.acquire(blocking=False)


def test_a_check_that_fails_gives_its_place_back(
    admin: Client, two_domains: None, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_now, "_places", BoundedSemaphore(1))
    dead = use(answers())
    dead.down = True
    for _twice in range(2):
        admin.post(CHECK)
    assert list(Run.objects.values_list("outcome", flat=True)) == [Outcome.RESOLVER_DOWN] * 2
