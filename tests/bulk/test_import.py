"""An import: the same rules as for a single row, all looked at first, and undone as one."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Grant, User
from audit.actor import Actor
from audit.models import Entry
from bulk import running
from bulk.models import Job, Part, Role, State
from bulk.parts import read_items
from bulk.services import confirm_job
from domains.models import Domain, Transport
from mailboxes.models import Forwarding, Mailbox, MailboxRecord
from mailboxes.services.mailboxes import create_mailbox
from mailboxes.services.making_many import NewForwarding, create_forwardings
from mailkit.passwords import crew, verify
from tests.bulk.importing import HASH, imported, lines, planned, undone
from tests.undo.snapshot import snapshot

pytestmark = pytest.mark.django_db
ALL = """{"domains": [{"domain": "new.test"}],
"mailboxes": [{"email": "Anna@new.test", "password": "a long enough one"}],
"forwardings": [{"source": "info@new.test", "destination": "anna@new.test"}],
"transports": [{"domain": "far.test", "transport": "smtp:[192.0.2.1]"}]}"""


@pytest.fixture(autouse=True)
def _domains(db: None) -> None:
    for name in ("a.test", "b.test"):
        Domain.objects.create(domain=name)


def admin_of(*domains: str, mailboxes: int | None = None, forwardings: int | None = None) -> Actor:
    user = User.objects.create(username="bob", max_mailboxes=mailboxes, max_forwardings=forwardings)
    for name in domains:
        Grant.objects.create(user=user, domain=name)
    return user.actor()


def test_a_document_of_all_kinds_is_imported_and_undone_as_one(root: Actor) -> None:
    before = snapshot()
    job = imported(root, ALL)
    assert (job.state, job.done, job.counts) == (State.DONE, 4, {"create": 4})
    anna = Mailbox.objects.get(pk="anna@new.test")
    assert verify("a long enough one", anna.password)
    assert MailboxRecord.objects.filter(pk__isnull=False, email=anna.pk).exists()
    assert Forwarding.objects.get().destination == "anna@new.test"
    assert Transport.objects.get().transport == "smtp:[192.0.2.1]"
    assert set(Entry.objects.values_list("group", flat=True)) == {job.group}

    undone(root, job)
    assert snapshot() == before


def test_the_plan_changes_nothing(root: Actor) -> None:
    before = snapshot()
    planned(root, ALL)
    assert snapshot() == before
    assert not Entry.objects.exists()


def test_no_password_is_left_and_none_was_to_be_seen(root: Actor) -> None:
    job = planned(root, "email,password\nanna@a.test,geheim und lang\n")
    assert not Part.objects.filter(role=Role.UPLOAD).exists()
    (item,) = read_items(job, Role.PLAN, 0)
    assert "geheim" not in str(item.as_data())
    confirm_job(actor=root, job=job, in_background=False)
    running.run(job.pk)
    assert not Part.objects.filter(role=Role.SECRET).exists()
    assert not Entry.objects.filter(changes__icontains="geheim").exists()


ARGON2 = "$argon2id$v=19$m=65536,t=3,p=1$YWJjZGVmZ2hpams$" + "A" * 43
ROWS: dict[str, tuple[str, list[tuple[int, str, list[str]]]]] = {
    "addresses": (
        "email,password\nanna,long enough 1\nx+y@a.test,long enough 1\n"
        "anna@a.test,\nb@a.test,1234\n",
        [
            (2, "refused", ["address.no_at"]),
            (3, "refused", ["local.delimiter"]),
            (4, "refused", ["password.empty"]),
            (5, "warned", ["password.common"]),
        ],
    ),
    "no such domain": (
        "email,password\nanna@c.test,long enough 1\n",
        [(2, "warned", ["no_domain"])],
    ),
    "twice in the file": (
        "email,password\nanna@a.test,long enough 1\nANNA@a.test,long enough 2\n",
        [(2, "create", []), (3, "refused", ["duplicate_in_file"])],
    ),
    "hashes": (
        "email,password_hash\n"
        f"a@a.test,{HASH}\nb@a.test,rl0uE0wO1zY3Y\nc@a.test,{{NOPE}}x\nd@a.test,{HASH[:60]}\n"
        "e@a.test,in plain\nf@a.test,\ng@a.test,{PLAIN}\n",
        [
            (2, "create", []),
            (3, "warned", ["hash.weak"]),
            (4, "refused", ["hash.unknown"]),
            (5, "refused", ["hash.truncated"]),
            (6, "refused", ["hash.malformed"]),
            (7, "refused", ["password.empty"]),
            (8, "refused", ["hash.empty"]),
        ],
    ),
    "hashes that keep a server busy": (
        "email,password_hash\n"
        f"a@a.test,{HASH.replace('$6$', '$6$rounds=5000000$')}\n"
        f"b@a.test,{HASH.replace('$6$', '$6$rounds=999999999$')}\n"
        f"c@a.test,{{CRYPT}}$!${HASH.replace('$6$', '$6$rounds=5000001$')}\n"
        f"d@a.test,{{BLF-CRYPT}}$2y$16${'a' * 53}\n"
        f'e@a.test,"{{ARGON2ID}}{ARGON2.replace("t=3", "t=4000000")}"\n'
        f'f@a.test,"{{ARGON2ID}}{ARGON2.replace("t=3", "t=33")}"\n'
        f"g@a.test,{{PBKDF2}}$1$abcdefgh$99999999${'a' * 40}\n"
        f'h@a.test,"{{SCRAM-SHA-256}}99999999999,c2FsdA==,{"A" * 43}=,{"A" * 43}="\n'
        f"i@a.test,{{CRYPT}}$sha1$4294967295$salt${'a' * 28}\n"
        f'j@a.test,"{{ARGON2ID}}{ARGON2}"\n',
        [
            (2, "create", []),
            *((line, "refused", ["hash.too_dear"]) for line in range(3, 11)),
            (11, "create", []),
        ],
    ),
    "both": (
        f"email,password,password_hash\na@a.test,long enough,{HASH}\n",
        [(2, "refused", ["password.twice"])],
    ),
    "a loop": (
        "source,destination\na@a.test,b@a.test\nb@a.test,c@a.test\nc@a.test,a@a.test\n",
        [(2, "create", []), (3, "create", []), (4, "refused", ["loop"])],
    ),
    "a loop through whole domains": (
        "source,destination\nx@b.test,x@a.test\n@a.test,@b.test\n",
        [(2, "create", []), (3, "refused", ["loop"])],
    ),
    "what stands further down": (
        "source,destination\nx@a.test,y@a.test\ny@a.test,z@far.test\n",
        [(2, "create", []), (3, "create", [])],
    ),
    "a dead target": (
        "source,destination\nx@a.test,nobody@a.test\n",
        [(2, "warned", ["dead_target"])],
    ),
    "transports": (
        "domain,transport\nfar.test,nope:x\na.test,smtp:\n*,relay:\nok.test,smtp:\n",
        [
            (2, "refused", ["transport.unknown_service"]),
            (3, "warned", ["transport_own"]),
            (4, "warned", ["transport_star"]),
            (5, "create", []),
        ],
    ),
    "domains": (
        "domain\nA.test\nnodot\nmüller.example\n",
        [(2, "same", []), (3, "refused", ["domain.no_dot"]), (4, "create", [])],
    ),
}


@pytest.mark.parametrize(("data", "expected"), ROWS.values(), ids=ROWS)
def test_each_row_is_judged_as_a_single_one(
    root: Actor, data: str, expected: list[tuple[int, str, list[str]]]
) -> None:
    job = planned(root, data)
    assert lines(job) == expected
    # What the plan says is what then happens.
    if job.counts.get("create"):
        confirm_job(actor=root, job=job, in_background=False)
        running.run(job.pk)
        job.refresh_from_db()
        assert (job.done, job.failed) == (job.counts["create"], 0)


def test_a_loop_in_parts_carried_out_apart_is_refused_too(
    root: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two halves in two batches, and then one made by somebody else in between."""
    monkeypatch.setattr("bulk.works.imports.BATCH", 1)
    monkeypatch.setattr(running, "ITEMS", 1)
    job = planned(root, "source,destination\na@a.test,b@a.test\nb@a.test,a@a.test\n")
    assert lines(job) == [(2, "create", []), (3, "refused", ["loop"])]
    Forwarding.objects.create(source="b@a.test", destination="a@a.test")
    confirm_job(actor=root, job=job, in_background=False)
    running.run(job.pk)
    assert lines(job, Role.RESULT) == [(2, "refused", ["loop"])]


UPDATES = {
    "transports": (
        "domain,transport\nfar.test,relay:\nsame.test,smtp:\n",
        [(2, "change", []), (3, "same", [])],
    ),
    "forwardings": (
        "source,destination\ninfo@a.test,x@far.test\nsame@a.test,x@far.test anna@a.test\n",
        [(2, "change", []), (3, "same", [])],
    ),
    "hashes": (f"email,password_hash\nanna@a.test,{HASH}\n", [(2, "change", [])]),
    "passwords": ("email,password\nanna@a.test,quite another one\n", [(2, "change", [])]),
}


@pytest.mark.parametrize(("data", "expected"), UPDATES.values(), ids=UPDATES)
def test_rows_that_are_there_are_changed_only_if_asked_for(
    root: Actor, data: str, expected: list[tuple[int, str, list[str]]]
) -> None:
    create_mailbox(actor=root, email="anna@a.test", password="a long enough one")
    Forwarding.objects.create(source="info@a.test", destination="anna@a.test")
    Forwarding.objects.create(source="same@a.test", destination="anna@a.test, x@far.test")
    Transport.objects.create(domain="far.test", transport="smtp:")
    Transport.objects.create(domain="same.test", transport="smtp:")
    before = snapshot()
    assert lines(planned(root, data))[0] == (2, "refused", ["duplicate"])

    job = imported(root, data, update=True)
    assert (lines(job), job.done) == (expected, 1)
    assert snapshot() != before
    undone(root, job)
    assert snapshot() == before


def test_the_same_file_again_leaves_all_as_it_is(root: Actor) -> None:
    data = f"email,password_hash\nanna@a.test,{HASH}\n"
    imported(root, data)
    assert lines(planned(root, data)) == [(2, "same", [])]


def test_what_changed_since_the_plan_is_not_overwritten(root: Actor) -> None:
    Transport.objects.create(domain="far.test", transport="smtp:")
    job = planned(root, "domain,transport\nfar.test,relay:\n", update=True)
    Transport.objects.update(transport="discard:")
    confirm_job(actor=root, job=job, in_background=False)
    running.run(job.pk)
    assert lines(job, Role.RESULT) == [(2, "refused", ["changed_meanwhile"])]
    assert Transport.objects.get().transport == "discard:"


def test_a_key_taken_meanwhile_is_refused_and_the_others_are_made(root: Actor) -> None:
    job = planned(root, f"email,password_hash\na@a.test,{HASH}\nb@a.test,{HASH}\n")
    Mailbox.objects.create(email="a@a.test", password="{PLAIN}mine")
    confirm_job(actor=root, job=job, in_background=False)
    running.run(job.pk)
    job.refresh_from_db()
    assert (job.done, job.failed) == (1, 1)
    assert lines(job, Role.RESULT) == [(2, "refused", ["duplicate"])]
    assert Mailbox.objects.get(pk="a@a.test").password == "{PLAIN}mine"


def test_a_domain_admin_imports_into_his_domains_only() -> None:
    bob = admin_of("a.test")
    Mailbox.objects.create(email="there@b.test", password="{PLAIN}x")
    job = imported(
        bob,
        '{"domains": [{"domain": "c.test"}, {"domain": "a.test"}, {"domain": "b.test"}],'
        f'"mailboxes": [{{"email": "x@b.test", "password_hash": "{HASH}"}},'
        f'{{"email": "there@b.test", "password_hash": "{HASH}"}},'
        f'{{"email": "x@a.test", "password_hash": "{HASH}"}}],'
        '"forwardings": [{"source": "y@b.test", "destination": "x@a.test"}],'
        '"transports": [{"domain": "b.test", "transport": "smtp:"}, '
        '{"domain": "*", "transport": "smtp:"}]}',
        force=True,
    )
    codes = [(verdict, codes[:1]) for _line, verdict, codes in lines(job)]
    outside = ("refused", ["outside_domains"])
    assert codes == [outside, ("same", []), *[outside] * 3, ("create", []), *[outside] * 3]
    assert (job.done, job.failed) == (1, 0)


def test_the_limits_of_a_domain_admin_hold() -> None:
    bob = admin_of("a.test", mailboxes=2, forwardings=1)
    Mailbox.objects.create(email="there@a.test", password="{PLAIN}x")
    rows = "".join(f"u{number}@a.test,{HASH}\n" for number in range(3))
    job = imported(bob, "email,password_hash\n" + rows)
    limit = ("refused", ["limit.mailboxes"])
    assert [one[1:] for one in lines(job)] == [("create", []), limit, limit]
    job = planned(bob, "source,destination\na@a.test,x@far.test\nb@a.test,x@far.test\n")
    assert [one[1] for one in lines(job)] == ["create", "refused"]


def test_rows_that_are_warned_of_and_not_made_take_no_room() -> None:
    bob = admin_of("a.test", mailboxes=1, forwardings=1)
    job = imported(bob, f"email,password_hash\na@a.test,rl0uE0wO1zY3Y\nb@a.test,{HASH}\n")
    assert [one[1] for one in lines(job)] == ["warned", "create"]
    assert list(Mailbox.objects.values_list("pk", flat=True)) == ["b@a.test"]
    job = imported(bob, "source,destination\nc@a.test,dead@a.test\nd@a.test,b@a.test\n")
    assert [one[1] for one in lines(job)] == ["warned", "create"]
    assert list(Forwarding.objects.values_list("pk", flat=True)) == ["d@a.test"]
    rows = [NewForwarding("e@a.test", ("gone@a.test",)), NewForwarding("f@a.test", ("b@a.test",))]
    Forwarding.objects.all().delete()
    assert list(create_forwardings(actor=bob, rows=rows)) == [0]
    Forwarding.objects.all().delete()
    assert list(create_forwardings(actor=bob, rows=rows, force=True)) == [1]


def test_a_limit_reached_meanwhile_holds_too() -> None:
    bob = admin_of("a.test", mailboxes=2)
    job = planned(bob, f"email,password_hash\na@a.test,{HASH}\nb@a.test,{HASH}\n")
    Mailbox.objects.create(email="there@a.test", password="{PLAIN}x")
    confirm_job(actor=bob, job=job, in_background=False)
    running.run(job.pk)
    assert lines(job, Role.RESULT) == [(3, "refused", ["limit.mailboxes"])]


def test_a_helper_that_is_killed_costs_time_and_no_row(
    root: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = crew._Helper.ask

    def killed(self: crew._Helper, *asked: object) -> list[str]:
        self._process.kill()
        return ask(self, *asked)  # type: ignore[arg-type]

    monkeypatch.setattr(crew._Helper, "ask", killed)
    rows = "".join(f"u{number}@a.test,a long word {number}\n" for number in range(20))
    job = imported(root, "email,password\n" + rows)
    assert (job.state, job.done) == (State.DONE, 20)
    assert verify("a long word 7", Mailbox.objects.get(pk="u7@a.test").password)


def test_a_broken_file_changes_nothing_and_says_the_line(root: Actor) -> None:
    before = snapshot()
    job = planned(root, "domain\nc.test\n" + "d.test\n" * 3 + '"\n')
    assert (job.state, job.reason) == (State.REFUSED, "file.quotes")
    assert job.options["unreadable"].startswith("Line 6: ")
    assert snapshot() == before
    assert not Part.objects.filter(role__in=[Role.UPLOAD, Role.SECRET]).exists()


def test_a_batch_needs_a_handful_of_queries(root: Actor) -> None:
    def queries(rows: int, kind: str) -> int:
        data = {
            "boxes": "email,password_hash\n"
            + "".join(f"{kind}{rows}x{number}@a.test,{HASH}\n" for number in range(rows)),
            "ways": "source,destination\n"
            + "".join(f"{kind}{rows}x{number}@a.test,x@far.test\n" for number in range(rows)),
        }[kind]
        job = Job()
        with CaptureQueriesContext(connection) as captured:
            job = imported(root, data)
        assert job.done == rows
        return len(captured)

    for kind in ("boxes", "ways"):
        assert queries(200, kind) <= queries(2, kind) + 2
