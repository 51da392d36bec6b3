"""The page that imports a file, and the one that asks what its columns are."""

from __future__ import annotations

import io
import time
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings

from accounts.models import User
from bulk import running
from bulk.models import Job, Part, Role, State
from bulk.parts import read_items
from domains.models import Domain
from mailboxes.models import Mailbox
from mailkit.passwords import verify
from mailkit.sheets import Kind, open_file

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
GOOD = b"email,password\nanna@a.test,a long enough one\n"
UNCLEAR = "Wer;Was\nanna@a.test;ein schönes langes\n"


@pytest.fixture
def alice(superadmin: User, client_of: ClientOf) -> Client:
    Domain.objects.create(domain="a.test")
    return client_of(superadmin)


def upload(client: Client, data: bytes, **fields: str) -> object:
    file = SimpleUploadedFile("boxes.csv", data)
    return client.post("/import/", {"file": file, **fields})


def test_a_file_becomes_a_job_that_is_looked_at_first(alice: Client) -> None:
    response = upload(alice, GOOD)
    job = Job.objects.get()
    assert (response.status_code, response.url) == (302, f"/bulk/{job.pk}/")
    assert job.options == {"name": "boxes.csv", "encoding": "", "update": False}
    running.run(job.pk)
    page = alice.get(response.url).content.decode()
    assert "1 row would be done" in page
    assert "a long enough one" not in page
    assert not Mailbox.objects.exists()


def test_rows_may_be_pasted(alice: Client) -> None:
    response = alice.post("/import/", {"text": "domain\nb.test\n", "update": "on"})
    job = Job.objects.get()
    assert (response.status_code, job.options["update"]) == (302, True)
    running.run(job.pk)
    assert [item.key for item in read_items(job, Role.PLAN, 0)] == ["b.test"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Choose a file, or paste rows"),
        ({"text": "a@a.test,x"}, "Line 1: The first line must name the columns"),
        ({"text": "%PDF-1.4"}, "This is no table"),
        ({"text": "domain\na.test", "encoding": "klingon"}, "klingon"),
    ],
    ids=["nothing", "no names", "no table", "encoding"],
)
def test_what_cannot_be_read_is_said_at_once(
    alice: Client, fields: dict[str, str], words: str
) -> None:
    response = alice.post("/import/", fields)
    page = response.content.decode()
    assert response.status_code == 200
    assert words in page
    assert 'role="alert"' in page
    assert not Job.objects.exists()


def test_columns_that_say_nothing_are_asked_for(alice: Client) -> None:
    response = upload(alice, UNCLEAR.encode("cp1252"), encoding="cp1252")
    job = Job.objects.get()
    place = f"/bulk/{job.pk}/columns/"
    assert response.url == place
    assert alice.get(f"/bulk/{job.pk}/").url == place
    assert "columns to be chosen" in alice.get("/bulk/").content.decode()
    page = alice.get(place).content.decode()
    assert "ein schönes langes" in page

    chosen = {"column_0": "email", "column_1": "password", "encoding": "cp1252"}
    assert alice.post(place, chosen).url == f"/bulk/{job.pk}/"
    running.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.counts) == (State.CHECKED, {"create": 1})
    # Asked once only.
    assert alice.post(place, chosen).url == f"/bulk/{job.pk}/"


def test_a_wrong_encoding_is_mended_on_the_page_of_columns(alice: Client) -> None:
    data = ("Wer;Was\n" + "x;y\n" * 30_000 + "a@a.test;schön\n").encode("cp1252")
    upload(alice, data)
    place = f"/bulk/{Job.objects.get().pk}/columns/"
    chosen = {"column_0": "email", "column_1": "password"}
    assert alice.post(place, chosen).status_code == 302
    job = Job.objects.get()
    running.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.reason) == (State.REFUSED, "file.encoding")


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({}, "do not say what the rows are"),
        ({"column_0": "email"}, "without a password column"),
        ({"column_0": "email", "column_1": "email"}, "Two columns cannot be the same"),
        ({"column_0": "nope"}, "nope"),
    ],
    ids=["none", "half", "twice", "unknown"],
)
def test_columns_chosen_wrongly_are_asked_for_again(
    alice: Client, chosen: dict[str, str], words: str
) -> None:
    upload(alice, UNCLEAR.encode())
    job = Job.objects.get()
    page = alice.post(f"/bulk/{job.pk}/columns/", chosen)
    assert page.status_code == 200
    assert job.options == Job.objects.get().options
    if words != "nope":
        assert words in page.content.decode()


def test_a_column_of_passwords_is_not_shown(alice: Client) -> None:
    upload(alice, b"email,password,x\nanna@a.test,geheim und lang,1\n", choose="on")
    page = alice.get(f"/bulk/{Job.objects.get().pk}/columns/").content.decode()
    assert "anna@a.test" in page
    assert "geheim" not in page


def test_others_do_not_get_at_the_rows(
    alice: Client, domain_admin: User, client_of: ClientOf
) -> None:
    bob = client_of(domain_admin)
    upload(bob, UNCLEAR.encode())
    place = f"/bulk/{Job.objects.get().pk}/columns/"
    # A superadmin sees the job and may stop it; the passwords in it were not given to him.
    assert alice.get(place).status_code == 403
    assert alice.post(place, {"column_0": "email", "column_1": "password"}).status_code == 403
    other = User.objects.create(username="eve")
    assert client_of(other).get(place).status_code == 404


def test_long_after_the_sign_in_the_password_is_asked_for_before_it_is_done(alice: Client) -> None:
    upload(alice, GOOD)
    running.run(Job.objects.get().pk)
    session = alice.session
    session["signed_in_at"] = 0.0
    session.save()
    job = Job.objects.get()
    answer = alice.post(f"/bulk/{job.pk}/confirm/", {})
    assert answer.url.startswith("/login/again/")
    job.refresh_from_db()
    assert job.state == State.CHECKED


def test_a_large_file_is_taken_from_operators_only(alice: Client) -> None:
    data = b"domain\n" + b"a.test\n" * 3000
    with override_settings(LARGEST_REQUEST=5000, LARGEST_UPLOAD=50_000):
        assert upload(Client(), data).status_code == 413
        assert upload(alice, data).status_code == 302
        assert upload(alice, data * 3).status_code == 413
        assert alice.post("/domains/add/", {"domain": "x" * 6000}).status_code == 413


def test_the_file_is_sealed_and_gone_once_it_is_looked_at(alice: Client) -> None:
    upload(alice, GOOD)
    parts = [bytes(part.data) for part in Part.objects.all()]
    assert parts
    assert not any(b"anna" in data or b"enough" in data for data in parts)
    running.run(Job.objects.get().pk)
    assert not Part.objects.filter(role=Role.UPLOAD).exists()


def test_what_is_confirmed_is_done(alice: Client) -> None:
    upload(alice, GOOD)
    job = Job.objects.get()
    running.run(job.pk)
    session = alice.session
    session["signed_in_at"] = time.time()
    session.save()
    assert alice.post(f"/bulk/{job.pk}/confirm/", {"rows": "all"}).status_code == 302
    running.run(job.pk)
    assert verify("a long enough one", Mailbox.objects.get().password)


@pytest.mark.parametrize("kind", [kind.value for kind in Kind])
def test_each_example_can_be_imported_as_it_is(alice: Client, kind: str) -> None:
    answer = alice.get(f"/import/example/{kind}/")
    assert answer["Content-Disposition"].endswith(f'"{kind}.csv"')
    found = open_file(io.BytesIO(answer.content))
    assert found.layout is not None
    assert found.layout.kind == kind
    assert list(found.records)
    assert alice.get("/import/example/nope/").status_code == 404


def test_lists_lead_there(alice: Client) -> None:
    for path in ("/domains/", "/mailboxes/", "/forwardings/", "/transports/", "/bulk/"):
        assert 'href="/import/"' in alice.get(path).content.decode()
