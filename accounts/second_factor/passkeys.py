"""The two ceremonies of WebAuthn: a device makes a passkey, and later proves that it has it.

Both begin with options, whose challenge is kept in the session, and end with what the browser made
of them. A challenge is good for one answer, for five minutes, for the purpose it was made for.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.http.request import split_domain_port
from django.utils import timezone
from fido2.server import Fido2Server
from fido2.utils import websafe_decode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    CollectedClientData,
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialType,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from accounts.models import User
from accounts.second_factor.models import Passkey

logger = logging.getLogger("mailadmin.auth")

SESSION_KEY = "passkey_challenge"
CHALLENGE_SECONDS = 5 * 60
# What a browser sends is some hundred bytes; an attestation may have certificates.
LARGEST_ANSWER = 64 * 1024
# Level 3, section 4: a credential's id has at most 1023 bytes.
LARGEST_ID = 1023
SITE_NAME = "Mailadmin"


class Purpose(StrEnum):
    """What a challenge was made for; an answer to one is none to another."""

    ADD = "add"
    SIGN_IN = "sign_in"
    SECOND_STEP = "second_step"
    AGAIN = "again"


class PasskeyError(Exception):
    """The answer is not what a browser makes of these options; the text is for the log."""


@dataclass(frozen=True)
class Site:
    """The site as WebAuthn knows it: its name, and the origins whose pages may ask."""

    rp_id: str
    origins: frozenset[str]


@dataclass(frozen=True)
class NewPasskey:
    """What a device has made, checked."""

    key: str
    credential: bytes
    handle: str
    rp_id: str
    counter: int


def site_of(request: HttpRequest) -> Site | None:
    """The site of this request; None where browsers make no passkeys: by IP address or plain http.

    The name is the one in the browser's address bar, which ALLOWED_HOSTS has let through.
    """
    host = request.get_host()
    name = split_domain_port(host)[0]
    if _is_address(name):
        return None
    local = name == "localhost" or name.endswith(".localhost")
    if not (local or request.is_secure() or settings.MAILADMIN.behind_tls):
        return None
    schemes = ("https", "http") if local else ("https",)
    # A proxy may leave the port out of Host; such origins are listed.
    listed = {one for one in settings.CSRF_TRUSTED_ORIGINS if "*" not in one}
    return Site(name, frozenset({f"{scheme}://{host}" for scheme in schemes} | listed))


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


# --- making one ---


def begin_adding(request: HttpRequest, user: User) -> dict[str, Any]:
    """Options for `navigator.credentials.create`. Raises PasskeyError without a usable site."""
    site = _site(request)
    mine = [one for one in user.passkeys.all() if one.rp_id == site.rp_id]
    handle = mine[0].handle if mine else secrets.token_hex(32)
    options, state = _server(site).register_begin(
        PublicKeyCredentialUserEntity(
            id=bytes.fromhex(handle), name=user.username, display_name=user.username
        ),
        # The device that has one already says so instead of making another.
        credentials=[_descriptor(one) for one in mine],
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    _keep(request, Purpose.ADD, state, handle)
    return dict(options)


def finish_adding(request: HttpRequest, answer: str) -> NewPasskey:
    """Check what `navigator.credentials.create` has answered (JSON). Raises PasskeyError."""
    site = _site(request)
    kept = _take(request, Purpose.ADD)
    data = _read(answer)
    # What comes from the browser can be anything, and the library stumbles in many ways.
    try:
        response = RegistrationResponse.from_dict(data)
        made = _server(site).register_complete(kept["state"], response).credential_data
        _same_origin(response.response.client_data)
    except Exception as error:
        raise _refusal(error) from error
    if made is None or len(made.credential_id) > LARGEST_ID:
        raise PasskeyError("no credential, or one with an endless id")
    counter = response.response.attestation_object.auth_data.counter
    return NewPasskey(
        _key(made.credential_id), bytes(made), kept["handle"], site.rp_id, int(counter)
    )


# --- proving it ---


def begin_proof(request: HttpRequest, purpose: Purpose, user: User | None = None) -> dict[str, Any]:
    """Options for `navigator.credentials.get`; of nobody in particular without `user`.

    Then the device says who it is, and nothing here tells which names exist. Raises PasskeyError.
    """
    site = _site(request)
    mine = [] if user is None else [one for one in user.passkeys.all() if one.rp_id == site.rp_id]
    options, state = _server(site).authenticate_begin(
        credentials=[_descriptor(one) for one in mine] or None,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    _keep(request, purpose, state)
    return dict(options)


def finish_proof(
    request: HttpRequest, purpose: Purpose, answer: str, user: User | None = None
) -> Passkey:
    """The passkey that this answer proves: anybody's, or one of the `user`. Raises PasskeyError."""
    site = _site(request)
    kept = _take(request, purpose)
    data = _read(answer)
    try:
        response = AuthenticationResponse.from_dict(data)
        passkey = _find(response.raw_id, site, user)
        credential = AttestedCredentialData(bytes(passkey.credential))
        _server(site).authenticate_complete(kept["state"], [credential], response)
        _same_origin(response.response.client_data)
        handle = response.response.user_handle
        counter = int(response.response.authenticator_data.counter)
    except Exception as error:
        raise _refusal(error) from error
    if handle is not None and bytes(handle).hex() != passkey.handle:
        raise PasskeyError("the device has it for somebody else")
    _count(passkey, counter)
    return passkey


def options_answer(begin: Callable[[], dict[str, Any]]) -> JsonResponse:
    """What the browser's script asks for: the options, or 400."""
    try:
        return JsonResponse(begin())
    except PasskeyError as error:
        return JsonResponse({"error": str(error)}, status=400)


def whose(answer: str) -> str:
    """The name that an answer, right or wrong, is about; "" where no passkey is known."""
    try:
        key = _key(websafe_decode(str(_read(answer)["rawId"])))
    except (PasskeyError, KeyError, ValueError):
        return ""
    passkey = Passkey.objects.filter(key=key).select_related("user").first()
    return passkey.user.username if passkey is not None else ""


def _find(credential_id: bytes, site: Site, user: User | None) -> Passkey:
    rows = Passkey.objects.select_related("user").filter(rp_id=site.rp_id)
    if user is not None:
        rows = rows.filter(user=user)
    passkey = rows.filter(key=_key(credential_id)).first()
    if passkey is None:
        raise PasskeyError("an unknown passkey")
    return passkey


def _count(passkey: Passkey, counter: int) -> None:
    """Note the use. A counter that stands still or goes back: two devices have the same key.

    Both at 0: a device that does not count (Level 3, section 6.1.1).
    """
    rows = Passkey.objects.filter(pk=passkey.pk)
    rows = rows.filter(counter__lt=counter) if counter else rows.filter(counter=0)
    if not rows.update(counter=counter, used_at=timezone.now()):
        raise PasskeyError("its counter goes back: a copy is about")


# --- common ---


def _site(request: HttpRequest) -> Site:
    site = site_of(request)
    if site is None:
        raise PasskeyError("no passkeys at this address")
    return site


def _server(site: Site) -> Fido2Server:
    return Fido2Server(
        PublicKeyCredentialRpEntity(name=SITE_NAME, id=site.rp_id),
        verify_origin=lambda origin: origin in site.origins,
    )


def _descriptor(passkey: Passkey) -> PublicKeyCredentialDescriptor:
    credential = AttestedCredentialData(bytes(passkey.credential))
    return PublicKeyCredentialDescriptor(
        type=PublicKeyCredentialType.PUBLIC_KEY, id=credential.credential_id
    )


def _key(credential_id: bytes) -> str:
    return hashlib.sha256(credential_id).hexdigest()


def _same_origin(client_data: CollectedClientData) -> None:
    # Our pages are in nobody's frame, so no browser of a person's says this.
    if client_data.cross_origin:
        raise PasskeyError("from within another site's page")


def _refusal(error: Exception) -> PasskeyError:
    if isinstance(error, PasskeyError):
        return error
    # What the browser sent may stand in it.
    text = ascii(f"{type(error).__name__}: {error}")[1:-1]
    return PasskeyError(text[:200])


def _keep(request: HttpRequest, purpose: Purpose, state: Any, handle: str = "") -> None:
    request.session[SESSION_KEY] = {
        "purpose": purpose.value,
        "state": {name: str(value) for name, value in state.items()},
        "handle": handle,
        "at": time.time(),
    }


def _take(request: HttpRequest, purpose: Purpose) -> dict[str, Any]:
    kept: dict[str, Any] | None = request.session.pop(SESSION_KEY, None)
    if kept is None or kept["purpose"] != purpose.value:
        raise PasskeyError("nothing was asked")
    if not 0 <= time.time() - kept["at"] <= CHALLENGE_SECONDS:
        raise PasskeyError("too late")
    return kept


def _read(answer: str) -> dict[str, Any]:
    if len(answer) > LARGEST_ANSWER:
        raise PasskeyError("too long")
    try:
        data = json.loads(answer)
    except (ValueError, RecursionError) as error:
        raise PasskeyError("no JSON") from error
    if not isinstance(data, dict):
        raise PasskeyError("no object")
    return data
