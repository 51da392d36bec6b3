"""`mailexport`: the rows of the four tables as a file that people and `mailimport` read."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.core.management.base import CommandError, CommandParser

from audit.actor import Actor
from audit.commands import CommandRefused, PanelCommand
from domains.listing import domain_asked
from mailboxes.exports.output import whole_file
from mailboxes.exports.rows import read_rows
from mailboxes.exports.sheet import write_sheet
from mailboxes.exports.text import exact, lines
from mailboxes.exports.wanted import Format, Kind, Wanted
from mailboxes.services.exports import ALL, log_export, log_export_of_all


@dataclass(frozen=True)
class _Export:
    """What was typed. `wanted` is None for all four tables."""

    wanted: Wanted | None
    format: Format
    domain: str
    hashes: bool

    def log(self, actor: Actor) -> None:
        if self.wanted is None:
            log_export_of_all(actor=actor, domain=self.domain, hashes=self.hashes)
        else:
            log_export(actor=actor, wanted=self.wanted, format=self.format)

    def lines(self, actor: Actor) -> Iterator[str]:
        if self.wanted is None:
            return exact(actor, domain=self.domain, hashes=self.hashes)
        return lines(self.wanted, read_rows(self.wanted, actor), self.format)

    def write(self, actor: Actor, file: IO[bytes]) -> None:
        if self.wanted is not None and self.format is Format.XLSX:
            write_sheet(self.wanted, read_rows(self.wanted, actor), file)
            return
        for piece in self.lines(actor):
            file.write(piece.encode())


class Command(PanelCommand):
    help = (
        "Write domains, mailboxes, forwardings or transports as CSV, TSV, XLSX or JSON, or all of "
        "them as JSON for the very same rows. What it writes, mailimport reads."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--kind", choices=[*Kind, ALL], default=Kind.MAILBOXES)
        parser.add_argument("--domain", default="", metavar="NAME", help="what lies in this domain")
        parser.add_argument(
            "--format",
            choices=list(Format),
            help="as the ending of --output says, else csv; json with --kind all",
        )
        parser.add_argument("--hashes", action="store_true", help="with the passwords' hashes")
        parser.add_argument("--output", type=Path, metavar="FILE", help="not to standard output")
        parser.add_argument(
            "--json", action="store_true", help="with --output: say what was written as JSON"
        )
        parser.set_defaults(subcommand="mailexport")

    def handle_mailexport(self, actor: Actor, **options: Any) -> None:
        export = _typed(options)
        output: Path | None = options["output"]
        if output is None:
            self._print(actor, export)
            return
        try:
            with whole_file(output, secret=export.hashes) as file:
                export.log(actor)
                export.write(actor, file)
        except OSError as error:
            words = f"{output} cannot be written: {error.strerror}."
            raise CommandRefused("cannot_write", words) from error
        what = {"kind": str(options["kind"]), "format": str(export.format)}
        data = {"output": str(output), **what, "hashes": export.hashes}
        self.done(data, f"{output} is written.")

    def _print(self, actor: Actor, export: _Export) -> None:
        if export.format is Format.XLSX:
            if sys.stdout.isatty():
                raise CommandError("xlsx is no text: give --output FILE", returncode=2)
            export.log(actor)
            export.write(actor, sys.stdout.buffer)
            return
        export.log(actor)
        for piece in export.lines(actor):
            self.stdout.write(piece, ending="")


def _typed(options: dict[str, Any]) -> _Export:
    """Exit code 2 for what does not go together."""
    kind, output = options["kind"], options["output"]
    domain = domain_asked(options["domain"])
    hashes = options["hashes"]
    chosen = options["format"]
    if options["json"] and output is None:
        # All of standard output is one JSON document then.
        chosen = chosen or Format.JSON
        if chosen != Format.JSON:
            raise CommandError("--json without --output goes with --format json", returncode=2)
    if kind == ALL:
        if (chosen or Format.JSON) != Format.JSON:
            raise CommandError("--kind all goes with --format json only", returncode=2)
        return _Export(None, Format.JSON, domain, hashes)
    if hashes and kind != Kind.MAILBOXES:
        raise CommandError(f"{kind} have no hashes", returncode=2)
    if chosen is None:
        ending = output.suffix.removeprefix(".").lower() if output else ""
        chosen = ending if ending in set(Format) else Format.CSV
    wanted = Wanted(Kind(kind), domain=domain, hashes=hashes)
    return _Export(wanted, Format(chosen), domain, hashes)
