"""Whose word counts for the address and scheme of a request, and what a HEAD request gets."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse


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
        return self.get_response(request)


def _client(forwarded_for: str | None, peer: str) -> str:
    # From the right: the last address that no trusted proxy of ours has; what stands further
    # left was written by the client and can be anything.
    for part in reversed((forwarded_for or "").split(",")):
        candidate = part.strip()
        try:
            ipaddress.ip_address(candidate)
        except ValueError:
            return peer
        if not _is_trusted(candidate):
            return candidate
    return peer


def _is_trusted(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in settings.MAILADMIN.trusted_proxies)
