"""The words for each code with which `mailkit.sheets` refuses a file, and how to mend it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bulk.work import Unreadable
from mailkit.sheets import SheetError

WORDS: dict[str, Any] = {
    "file.empty": gettext_lazy("There is nothing in the file but, at most, a line of names."),
    "file.binary": gettext_lazy(
        "This is no table: neither CSV, TSV, XLSX nor JSON. Unpack it if it is an archive, or save "
        "it as CSV."
    ),
    "file.old_excel": gettext_lazy(
        "This is a workbook of an old Excel (.xls), or one that is locked with a password. Open it "
        "and save it as .xlsx or CSV without a password."
    ),
    "file.encoding": gettext_lazy(
        "There are letters that are not %(encoding)s. Save the file as “CSV UTF-8”; or, if it was "
        "written by an old Excel, read it as Windows-1252 (on the page: Encoding; in the command: "
        "--encoding cp1252)."
    ),
    "file.ragged": gettext_lazy(
        "This row has %(found)s cells, but there are %(wanted)s columns. A cell with a “%(sign)s” "
        "in it (several destinations, say) must stand in quotation marks."
    ),
    "file.quotes": gettext_lazy(
        "A quotation mark is opened and not closed as it should be. One within a cell is written "
        "twice, and the cell stands in quotation marks."
    ),
    "file.too_long": gettext_lazy(
        "This line or cell is longer than the %(limit)s that can be meant. Mostly a quotation mark "
        "is not closed."
    ),
    "file.formula": gettext_lazy(
        "A cell holds a formula. Copy the column and paste its values only, or save the sheet as "
        "CSV."
    ),
    "file.cell_error": gettext_lazy("A cell holds the error %(value)s instead of a value."),
    "file.xlsx": gettext_lazy(
        "This workbook cannot be read (%(detail)s): it is damaged, locked with a password, or was "
        "not written by a spreadsheet. Open it and save it as .xlsx anew, or as CSV."
    ),
    "file.zip_bomb": gettext_lazy(
        "This workbook unpacks to far more than a table of addresses can have, so it is not "
        "unpacked. Save the sheet as CSV."
    ),
    "file.too_many_texts": gettext_lazy(
        "This workbook has more than %(limit)s texts, which is more than its rows can need. Save "
        "the sheet as CSV."
    ),
    "file.far": gettext_lazy(
        "The columns are not within the first %(limit)s MB of what is in the file, so they cannot "
        "be chosen. Name them in the first line, or save the sheet as CSV."
    ),
    "file.json": gettext_lazy("This is not JSON: something is missing, or stands twice, here."),
    "file.json_shape": gettext_lazy(
        "A list of objects is expected, or a document with the lists domains, mailboxes, "
        "forwardings and transports."
    ),
    "file.json_value": gettext_lazy(
        "A value here is neither text nor a number nor a list of texts."
    ),
    "file.duplicate_column": gettext_lazy(
        "Two columns would be “%(field)s”. Rename the one that is not meant (“%(column)s”), or "
        "choose the columns yourself."
    ),
    "file.no_header": gettext_lazy(
        "The first line must name the columns, such as email;password. Found was: %(found)s"
    ),
    "file.no_password": gettext_lazy(
        "These are mailboxes without a password column: there is nothing to sign in with. Export "
        "them with --hashes (on the page: with hashes), or add a column password. Found was: "
        "%(found)s"
    ),
    "file.no_such_column": gettext_lazy("There is no column “%(column)s”. There are: %(found)s"),
    "file.unknown_columns": gettext_lazy(
        "The columns do not say what the rows are: %(found)s. Wanted are email with password or "
        "password_hash; source with destination; domain with transport; or domain alone."
    ),
}


def unreadable(error: SheetError) -> Unreadable:
    """The same with words."""
    words = str(WORDS[error.code])
    for name, value in error.params.items():
        words = words.replace(f"%({name})s", str(value))
    if error.line:
        words = _("Line %(line)s: %(words)s") % {"line": error.line, "words": words}
    return Unreadable(error.code, words)
