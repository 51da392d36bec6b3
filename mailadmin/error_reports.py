"""What the page of an error under DEBUG leaves out: everything that somebody typed or computed.

Django's own filter hides nothing under DEBUG. But DEBUG is switched on where something is wrong,
which may well be the real server, and the page is sent on to whoever can help.
"""

from __future__ import annotations

from collections.abc import ItemsView
from types import FrameType
from typing import Any

from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

HIDDEN = SafeExceptionReporterFilter.cleansed_substitute
# One-time links carry their token in the address; a header says where somebody came from.
UNSHOWN = ("QUERY_STRING", "HTTP_REFERER", "REQUEST_URI", "RAW_URI", "CSRF_COOKIE")


class Filter(SafeExceptionReporterFilter):
    """Names stay, values go: of what was posted, and of the variables of each frame.

    A password, number, secret, token or hash is in some variable of nearly every function that
    handles it, so a list of names would forget one.
    """

    def is_active(self, request: HttpRequest | None) -> bool:
        """Always."""
        return True

    def get_post_parameters(self, request: HttpRequest | None) -> MultiValueDict[str, str]:
        """What was posted: the names only."""
        names = request.POST if request is not None else ()
        return MultiValueDict({name: [HIDDEN] for name in names})

    def get_traceback_frame_variables(
        self, request: HttpRequest | None, tb_frame: FrameType
    ) -> ItemsView[str, Any]:
        """The variables of a frame: the names only."""
        return dict.fromkeys(tb_frame.f_locals, HIDDEN).items()

    def get_safe_request_meta(self, request: Any) -> dict[str, Any]:
        """Headers and environment, without addresses that may carry a token."""
        meta: dict[str, Any] = super().get_safe_request_meta(request)
        return {name: HIDDEN if name in UNSHOWN else value for name, value in meta.items()}

    def get_safe_cookies(self, request: Any) -> dict[str, Any]:
        """The names of the cookies."""
        return dict.fromkeys(super().get_safe_cookies(request), HIDDEN)


class Reporter(ExceptionReporter):
    """The page, without the values in the address."""

    def get_traceback_data(self) -> dict[str, Any]:
        """What the page shows."""
        data: dict[str, Any] = super().get_traceback_data()
        if self.request is not None:
            data["request_GET_items"] = [(name, HIDDEN) for name in self.request.GET]
            data["request_insecure_uri"] = self.request.path
        data["unicode_hint"] = ""
        return data
