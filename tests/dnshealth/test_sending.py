"""An update is sent outside of any transaction; one that is broken off is told and mended."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connections
from django.test import Client
from django.utils import timezone

from accounts.models import User
from audit.actor import Actor
from audit.models import Entry
from dnshealth import sending
from dnshealth.models import Sending
from dnshealth.processes import this_process
from dnshealth.publishing import ZonePlan, publish
from dnshealth.sending import LONGEST, Fate, send_and_log, settle
from dnshealth.words.publishing import TROUBLES
from mailkit.dns.primary import Primary, PublishError, Trouble, TsigKey
from mailkit.dns.publish import Change, Plan, make_plan
from mailkit.dns.results import Record
from tests.dnshealth.conftest import Configure, Run
from tests.dnshealth.test_lost_runs import ONCE
from tests.pages.reading import read
from tests.servers.panel import BASE_DIR, Panel
from tests.servers.primary import SECRET, PrimaryServer

NAME = "_dmarc.a.test."
BEFORE, AFTER = ('"v=DMARC1; p=none"',), ('"v=DMARC1; p=reject"',)
CHANGE = Change(NAME, "TXT", BEFORE, AFTER, 300, 300)
PLAN = Plan("a.test.", (CHANGE,))
AT = Primary("a.test", "127.0.0.1", 9)
Sends = Callable[[PublishError | None], list[bool]]


@pytest.fixture
def sends(monkeypatch: pytest.MonkeyPatch) -> Sends:
    """What leaves the machine ends like this; gives whether a transaction was held each time."""

    def end(problem: PublishError | None = None) -> list[bool]:
        held: list[bool] = []
        # The connection itself: another thread's or task's is another one.
        here = connections["default"]

        async def send(primary: Primary, plan: Plan) -> None:
            held.append(here.in_atomic_block)
            if problem is not None:
                raise problem

        monkeypatch.setattr(sending, "send", send)
        return held

    return end


@pytest.fixture
def left(db: None) -> Sending:
    """What a process left that is gone."""
    return leave()


def leave(**fields: object) -> Sending:
    values = {
        "domain": "a.test",
        "zone": "a.test",
        "address": "127.0.0.1",
        "port": 9,
        "changes": [asdict(CHANGE)],
        "actor_kind": "superadmin",
        "actor": "alice",
        "actor_address": "192.0.2.7",
        "started_at": timezone.now(),
        # Its number with another start: the process of before.
        "process": this_process() + "0",
        **fields,
    }
    return Sending.objects.create(**values)


@pytest.mark.parametrize(
    ("trouble", "logged"),
    [(None, 1), (Trouble.CHANGED, 0), (Trouble.TIMEOUT, 0), (Trouble.UNSURE, 1)],
    ids=["done", "changed", "timeout", "unsure"],
)
def test_nothing_is_held_while_it_sends_and_the_log_has_what_was_done(
    transactional_mail_tables: None,
    root: Actor,
    sends: Sends,
    trouble: Trouble | None,
    logged: int,
) -> None:
    held = sends(PublishError(trouble) if trouble else None)
    asked = {"actor": root, "domain": "a.test", "primary": AT, "plan": PLAN}
    if trouble is None:
        assert [entry.object_key for entry in send_and_log(**asked)] == [f"{NAME} TXT"]
    else:
        with pytest.raises(PublishError):
            send_and_log(**asked)

    assert held == [False]
    assert Entry.objects.filter(object_type="dns").count() == logged
    assert not Sending.objects.exists()


def test_where_the_database_refuses_nothing_is_sent(
    db: None, root: Actor, sends: Sends, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = sends(None)

    def refused(**fields: object) -> None:
        raise DatabaseError

    monkeypatch.setattr(Sending.objects, "create", refused)
    with pytest.raises(DatabaseError):
        send_and_log(actor=root, domain="a.test", primary=AT, plan=PLAN)
    assert held == []


def test_where_the_log_refuses_it_is_not_forgotten(
    db: None, root: Actor, sends: Sends, monkeypatch: pytest.MonkeyPatch
) -> None:
    sends(None)

    def refused(**fields: object) -> None:
        raise DatabaseError

    with monkeypatch.context() as broken:
        broken.setattr(sending, "record", refused)
        with pytest.raises(DatabaseError):
            send_and_log(actor=root, domain="a.test", primary=AT, plan=PLAN)
    # This process lives: it may be sending. After a while nobody thinks so.
    assert sending.broken_off(domain="a.test") == []
    Sending.objects.update(started_at=timezone.now() - LONGEST - timedelta(seconds=1))
    assert sending.broken_off(domain="a.test") == sending.broken_off(zone="a.test") != []


@pytest.mark.parametrize(
    ("now", "fate", "logged"),
    [(AFTER, Fate.DONE, 1), (BEFORE, Fate.NOT_DONE, 0), (('"x"',), Fate.OTHERS, 1)],
    ids=["done", "not done", "changed since"],
)
def test_the_name_server_says_what_became_of_it(
    left: Sending,
    root: Actor,
    monkeypatch: pytest.MonkeyPatch,
    now: tuple[str, ...],
    fate: Fate,
    logged: int,
) -> None:
    async def state_at(primary: Primary, plan: Plan) -> dict[tuple[str, str], tuple[str, ...]]:
        return {(NAME, "TXT"): now}

    monkeypatch.setattr(sending, "state_at", state_at)
    assert settle(actor=root, sending=left) == fate
    assert not Sending.objects.exists()
    entries = list(Entry.objects.filter(object_type="dns"))
    assert len(entries) == logged
    # In the name of whoever sent it.
    assert {(one.actor, one.actor_kind, one.address) for one in entries} <= {
        ("alice", "superadmin", "192.0.2.7")
    }


def test_what_took_something_back_has_done_so(
    root: Actor, db: None, monkeypatch: pytest.MonkeyPatch, sends: Sends
) -> None:
    sends(None)
    (first,) = send_and_log(actor=root, domain="a.test", primary=AT, plan=PLAN)
    left = leave(changes=[asdict(CHANGE.back)], undoes=[first.pk])

    async def state_at(primary: Primary, plan: Plan) -> dict[tuple[str, str], tuple[str, ...]]:
        return {(NAME, "TXT"): BEFORE}

    monkeypatch.setattr(sending, "state_at", state_at)
    assert settle(actor=root, sending=left) == Fate.DONE
    first.refresh_from_db()
    assert first.undone
    assert Entry.objects.latest("pk").undoes_id == first.pk


def test_pages_tell_superadmins_of_it(
    left: Sending, two_domains: None, admin: Client, bob: Client, domain_admin: User
) -> None:
    url = f"/domains/a.test/dns/unfinished/{left.pk}/"
    for page in ("/domains/a.test/dns/", "/domains/a.test/dns/publish/"):
        shown = read(admin.get(page))
        assert "alice sent this to the name server of a.test" in shown.text
        assert "v=DMARC1; p=reject" in shown.text
        assert f'action="{url}"' in shown.html
    assert "broken off" not in read(admin.get("/domains/b.test/dns/")).text
    assert "broken off" not in read(bob.get("/domains/a.test/dns/")).text
    with pytest.raises(PermissionDenied):
        settle(actor=domain_admin.actor(), sending=left)

    # Nothing listens there: it stays.
    said = read(admin.post(url, follow=True)).text
    assert "An update was broken off" in said
    assert str(TROUBLES[Trouble.UNREACHABLE].what) in said
    assert admin.post(f"/domains/b.test/dns/unfinished/{left.pk}/").status_code == 404
    # One that is being sent is nobody's to settle.
    left.delete()
    sent_now = leave(process=this_process())
    assert admin.post(f"/domains/a.test/dns/unfinished/{sent_now.pk}/").status_code == 404
    assert "broken off" not in read(admin.get("/domains/a.test/dns/")).text


@pytest.fixture(scope="module")
def knot() -> Iterator[PrimaryServer]:
    with PrimaryServer({"a.test": '_dmarc TXT "v=DMARC1; p=none"'}) as running:
        yield running


@pytest.mark.stack
def test_it_is_settled_at_a_real_server_before_the_next_is_sent(
    knot: PrimaryServer, root: Actor, db: None, configure: Configure, run: Run
) -> None:
    configure(update_key=TsigKey("panel", SECRET))
    primary = knot.primary("a.test")
    left = leave(port=knot.port)
    assert settle(actor=root, sending=left) == Fate.NOT_DONE
    assert not Entry.objects.filter(object_type="dns").exists()

    # Done, and the program stopped.
    asyncio.run(sending.send(primary, PLAN))
    leave(port=knot.port)
    plan = asyncio.run(make_plan(primary, [Record("b.a.test.", "TXT", "x")]))
    publish(actor=root, domain="a.test", planned=ZonePlan("a.test", primary, plan))

    entries = Entry.objects.filter(object_type="dns").order_by("pk")
    assert [(one.object_key, one.actor) for one in entries] == [
        (f"{NAME} TXT", "alice"),
        ("b.a.test. TXT", root.name),
    ]
    # It can be taken back like any other.
    configure(update_key=TsigKey("panel", SECRET), servers="127.0.0.1@9")
    leave(port=knot.port, changes=[asdict(CHANGE)])
    said = run("dns", "publish", "a.test", "--code", "mx.missing", "--yes")
    assert "a.test: The update that was broken off was done" in said.out


@ONCE
def test_a_killed_sender_holds_no_lock_and_is_remembered(tmp_path: Path) -> None:
    file = tmp_path / "panel.sqlite3"
    panel = Panel(f"sqlite:///{file}")
    assert panel.manage("migrate", "-v", "0").returncode == 0
    with socket.create_server(("127.0.0.1", 0)) as silent:
        code = (
            "from audit.actor import command_actor\n"
            "from dnshealth.sending import send_and_log\n"
            "from mailkit.dns.primary import Primary\n"
            "from mailkit.dns.publish import Change, Plan\n"
            f"at = Primary('a.test', '127.0.0.1', {silent.getsockname()[1]}, timeout=60)\n"
            f"plan = Plan('a.test.', ({CHANGE!r},))\n"
            "send_and_log(actor=command_actor('root'), domain='a.test', primary=at, plan=plan)\n"
        )
        command = subprocess.Popen(
            [sys.executable, "manage.py", "shell", "-v", "0", "-c", code],
            cwd=BASE_DIR,
            env=panel.environment(),
        )
        silent.settimeout(60)
        # It is there, has sent its update, and waits for the answer.
        talk, _address = silent.accept()
        with talk:
            talk.settimeout(60)
            assert talk.recv(1)
            with sqlite3.connect(file, timeout=0.5) as database:
                database.execute("CREATE TABLE somebody_writes (id INTEGER)")
            command.kill()
            command.wait()
    with sqlite3.connect(file) as database:
        left = database.execute("SELECT domain, actor FROM mailadmin_dns_sending").fetchall()
    assert left == [("a.test", "root")]
    asked = panel.manage(
        "shell",
        "-v",
        "0",
        "-c",
        "from dnshealth.sending import broken_off as b; print(len(b(domain='a.test')))",
    )
    assert asked.stdout.strip() == "1"
