"""Ending open sessions of mailboxes: `doveadm kick` over Dovecot's HTTP API.

An open IMAP session goes on after its password was changed or its mailbox deleted: Dovecot asks the
database at sign-in alone. doveadm(1), doveadm-kick(1),
https://doc.dovecot.org/2.3/admin_manual/doveadm_http_api/
"""

from __future__ import annotations

import base64
import json
import re
import urllib.error
import urllib.request
from collections.abc import Sequence
from http.client import HTTPException, RemoteDisconnected

SECONDS = 10.0
# So many of them go into one request.
AT_ONCE = 100
# Signs with which a mask stands for more than one name.
_WILD = re.compile(r"[*?]")
# doveadm's exit code (EX_NOHOST of sysexits(3)) where nobody of that name was signed in. Another
# one, such as 64 for a wrong command, is a fault.
_NOBODY = 68


class KickError(Exception):
    """Dovecot did not do it. `code`: unreachable, refused (the key), answer (nonsense)."""

    def __init__(self, code: str, text: str = "") -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text


def mask_of_mailbox(email: str) -> str | None:
    """The mask for one mailbox; None if it would stand for others too."""
    return None if _WILD.search(email) or not email else email


def mask_of_domain(domain: str) -> str | None:
    """The mask for all mailboxes of a domain."""
    return None if _WILD.search(domain) or not domain else f"*@{domain}"


def kick(masks: Sequence[str], url: str, key: str, *, seconds: float = SECONDS) -> None:
    """End the sessions of these masks. Raises KickError; some may have been ended then.

    `url`: where doveadm's HTTP listener is (`http://127.0.0.1:8080`), `key`: doveadm_api_key.
    """
    for start in range(0, len(masks), AT_ONCE):
        _kick(masks[start : start + AT_ONCE], url, key, seconds)


def _kick(masks: Sequence[str], url: str, key: str, seconds: float) -> None:
    # A command for each: where one mask fits nobody, 2.3 calls the whole command wrong.
    commands = [["kick", {"mask": [mask]}, str(number)] for number, mask in enumerate(masks)]
    request = urllib.request.Request(  # noqa: S310 - the scheme is checked with the settings
        url.rstrip("/") + "/doveadm/v1",
        data=json.dumps(commands).encode(),
        headers={
            "Content-Type": "application/json",
            "Authorization": "X-Dovecot-API " + base64.b64encode(key.encode()).decode("ascii"),
        },
    )
    # No proxy of the environment's: the key is for Dovecot alone.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=seconds) as answer:
            found = json.loads(answer.read())
    except urllib.error.HTTPError as error:
        code = "refused" if error.code in (401, 403) else "answer"
        raise KickError(code, f"HTTP {error.code}") from error
    except ValueError as error:
        raise KickError("answer", "no JSON") from error
    except RemoteDisconnected as error:
        raise KickError("unreachable", "it hung up") from error
    except HTTPException as error:
        raise KickError("answer", "no HTTP") from error
    except OSError as error:
        raise KickError("unreachable", str(error)) from error
    _check(found, len(masks))


def _check(found: object, count: int) -> None:
    if not isinstance(found, list) or len(found) != count:
        raise KickError("answer", "not one answer for each command")
    for one in found:
        match one:
            case ["doveadmResponse", *_]:
                continue
            case ["error", {"type": "exitCode", "exitCode": int(code)}, *_] if code == _NOBODY:
                continue
            case ["error", {"type": str(kind)}, *_]:
                raise KickError("answer", kind)
            case _:
                raise KickError("answer", "not doveadm's")
