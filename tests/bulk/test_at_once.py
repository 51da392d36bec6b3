"""What a request may carry out itself, and what it leaves to a worker."""

from __future__ import annotations

import pytest

from audit.actor import Actor
from bulk import running
from bulk.models import Job
from bulk.services import begin_job
from domains.models import Domain
from mailboxes.models import Mailbox
from tests.bulk.importing import HASH, planned

pytestmark = pytest.mark.django_db


def of_domains(actor: Actor, *keys: str, dependents: str = "remove") -> Job:
    options = {"dependents": dependents, "selection": {"keys": list(keys)}}
    job = begin_job(actor=actor, kind="delete_domains", options=options, in_background=False)
    running.run(job.pk)
    job.refresh_from_db()
    return job


def test_a_domain_goes_at_once_if_few_rows_go_with_it(root: Actor) -> None:
    for name in ("a.test", "b.test"):
        Domain.objects.create(domain=name)
    Mailbox.objects.bulk_create(
        Mailbox(email=f"u{number}@a.test", password="{PLAIN}x") for number in range(101)
    )
    assert running.is_done_at_once(of_domains(root, "b.test"))
    assert not running.is_done_at_once(of_domains(root, "a.test"))
    assert running.is_done_at_once(of_domains(root, "a.test", dependents="keep"))
    assert not running.is_done_at_once(of_domains(root, "a.test", "b.test"))


@pytest.mark.parametrize("rows", [20, 21])
def test_a_file_is_done_at_once_if_it_is_short(root: Actor, rows: int) -> None:
    Domain.objects.create(domain="a.test")
    made = "".join(f"u{number}@a.test,{HASH}\n" for number in range(rows))
    job = planned(root, "email,password_hash\n" + made)
    assert running.is_done_at_once(job) is (rows == 20)
