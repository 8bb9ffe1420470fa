"""What every answer says to browsers, whoever made it: pages, files, the API, refusals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

# What no page of ours has any use for. The camera is the tracker's, which is no page.
_DENIED = (
    *("accelerometer", "autoplay", "browsing-topics", "camera", "display-capture"),
    *("encrypted-media", "fullscreen", "geolocation", "gyroscope", "hid", "idle-detection"),
    *("magnetometer", "microphone", "midi", "payment", "picture-in-picture", "screen-wake-lock"),
    *("serial", "usb", "xr-spatial-tracking"),
)


def policy(changes: Mapping[str, Sequence[str]] | None = None) -> str:
    """Return the Content-Security-Policy of a page.

    Args:
        changes: Directives in which this page differs from `SECURE_CSP`.
    """
    directives = {**settings.SECURE_CSP, **(changes or {})}
    return "; ".join(" ".join((name, *sources)) for name, sources in directives.items())


def protected(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Return middleware that adds what protects to each answer that does not say otherwise.

    It is the outermost, so that errors and refusals have it as well.
    """
    headers = {
        "Content-Security-Policy": policy(),
        "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _DENIED),
        "Cross-Origin-Resource-Policy": "same-origin",
        # Much of what is shown is about a person; what may be kept (static files) says so.
        "Cache-Control": "no-store",
        "Server": "WaW",  # else granian names itself
    }

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        return response

    return middleware
