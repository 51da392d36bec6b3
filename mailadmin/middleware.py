"""What is looked at before everything else: how large a request is, whose word counts for its
address and scheme (trusted proxies only), and that HEAD gets no body.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Callable
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from audit.access import actor_of
from mailadmin.errors import too_large

logger = logging.getLogger(__name__)


class HeadMiddleware:
    """The answer to HEAD is that to GET without its body (RFC 9110, section 9.3.2).

    gunicorn drops the body as well, with a warning in the log each time. Outermost, so that
    Content-Length is there already and stays.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.method != "HEAD":
            return response
        if isinstance(response, StreamingHttpResponse):
            response.streaming_content = ()
        elif isinstance(response, HttpResponse):
            response.content = b""
        return response


class RequestSizeMiddleware:
    """Refuses a body that is too large before anybody reads it; Django's limits leave files out.

    A body without a length (chunked) is empty to Django.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        length = request.META.get("CONTENT_LENGTH") or "0"
        # Python reads no number of thousands of digits.
        largest = settings.LARGEST_REQUEST
        if request.path_info in settings.UPLOAD_PATHS:
            largest = settings.LARGEST_UPLOAD
        if not length.isdecimal() or int(length[:20]) > largest:
            return too_large()
        return self.get_response(request)


class UploadMiddleware:
    """Larger bodies, where files are uploaded, are for operators: before anything reads them.

    Behind `ActorMiddleware`, and before the token of the form is looked for in the body.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        length = int(request.META.get("CONTENT_LENGTH") or "0")
        if length > settings.LARGEST_REQUEST and not actor_of(request).is_operator:
            return too_large()
        return self.get_response(request)


class ProxyMiddleware:
    """Takes address and scheme from X-Forwarded-For and -Proto, of trusted proxies only."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        peer = request.META.get("REMOTE_ADDR", "")
        trusted = _is_trusted(peer)
        if trusted:
            request.META["REMOTE_ADDR"] = _client(request.META.get("HTTP_X_FORWARDED_FOR"), peer)
            if request.META.get("HTTP_X_FORWARDED_PROTO") == "https":
                request.META["wsgi.url_scheme"] = "https"
        elif "HTTP_X_FORWARDED_FOR" in request.META and _is_local(peer):
            _say_untrusted(peer)
        return self.get_response(request)


def _is_local(peer: str) -> bool:
    # Anybody can send the header; a proxy of ours usually runs on this machine or beside it.
    try:
        return ipaddress.ip_address(peer).is_private
    except ValueError:
        return False


@lru_cache(maxsize=8)
def _say_untrusted(peer: str) -> None:
    logger.warning(
        "%s sends X-Forwarded-For and is not believed. If it is your proxy, set "
        "MAILADMIN_TRUSTED_PROXIES=%s: until then all visitors seem to come from there.",
        peer,
        peer,
    )


def _client(forwarded_for: str | None, peer: str) -> str:
    # From the right: the last address that no trusted proxy of ours has; what stands further
    # left was written by the client and can be anything.
    for part in reversed((forwarded_for or "").split(",")):
        candidate = part.strip()
        if not _is_address(candidate):
            return peer
        if not _is_trusted(candidate):
            return candidate
    return peer


def _is_address(text: str) -> bool:
    # A zone (`fe80::1%eth0`) may be any text, quotes and blanks too, and it would get into the log.
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def _is_trusted(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in settings.MAILADMIN.trusted_proxies)
