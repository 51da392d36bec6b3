"""Mails of the panel to people: plain text, out of templates, in the reader's language.

Addresses come parsed (`mailkit.addresses.parse_address`), subjects lose their line breaks, and
Django refuses whatever would begin another header line.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from smtplib import SMTPException
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from mailkit.addresses import AddressError, parse_address

logger = logging.getLogger(__name__)

FOLDER = "accounts/recovery/mail"
# RFC 3834: nobody's vacation program shall answer.
HEADERS = {"Auto-Submitted": "auto-generated"}


def send_mail(
    name: str,
    to: str,
    context: dict[str, Any],
    folder: str = FOLDER,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> bool:
    """Send the mail of the templates `name.subject.txt` and `name.txt`; False if it failed.

    The log says why, without the text of the mail, in which a link may stand.
    """
    try:
        recipient = parse_address(to)
    except AddressError:
        # A mailbox that SQL made may have an address that nobody can write to.
        return False
    subject = " ".join(render_to_string(f"{folder}/{name}.subject.txt", context).split())
    body = render_to_string(f"{folder}/{name}.txt", context).strip() + "\n"
    all_headers = {**HEADERS, **headers}
    mail = EmailMessage(
        subject, body, settings.DEFAULT_FROM_EMAIL, [recipient], headers=all_headers
    )
    try:
        mail.send()
    except (SMTPException, OSError) as error:
        logger.error("A mail (%s) could not be sent: %s", name, type(error).__name__)
        return False
    return True


def send_notices(name: str, to: Iterable[str], context: dict[str, Any]) -> None:
    """Send the same mail to each of these, once; "" is nobody."""
    for address in dict.fromkeys(one.lower() for one in to if one):
        send_mail(name, address, context)
