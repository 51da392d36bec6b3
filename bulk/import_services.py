"""Beginning an import by a page: the file first, then, if need be, what its columns are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import IO, Any

from django.core.exceptions import PermissionDenied

from audit.actor import Actor
from audit.transaction import service
from bulk.importing.file import file_of, opened
from bulk.models import Job, State
from bulk.parts import PIECE
from bulk.services import begin_job, have_it_checked
from mailkit.sheets.reading import HEAD


@service
def begin_import(
    *, actor: Actor, file: IO[bytes], options: Mapping[str, Any], asks: bool = False
) -> Job:
    """Keep the file and have it checked; with `asks` once `choose_columns` has said what is what.

    `options`: see `bulk.works.imports.ImportFile`.
    """
    job = begin_job(
        actor=actor,
        kind="import_file",
        options={**options, "asks": True} if asks else dict(options),
        file=_pieces(file),
        in_background=False,
    )
    if not asks:
        have_it_checked(job)
    return job


@service
def choose_columns(*, actor: Actor, job: Job, columns: Mapping[str, str], encoding: str) -> None:
    """Say what the columns are, and have it checked. Raises Unreadable where it cannot be so."""
    if not job.belongs_to(actor):
        raise PermissionDenied
    job = Job.objects.select_for_update().get(pk=job.pk)
    if not job.options.get("asks") or job.state != State.CHECKING:
        return
    job.options = {**job.options, "columns": dict(columns), "encoding": encoding, "only": True}
    with file_of(job) as again:
        opened(job, again(), HEAD)
    del job.options["asks"]
    job.save(update_fields=["options"])
    have_it_checked(job)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece
