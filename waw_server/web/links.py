"""Links in letters: what they carry leaves the address at once and is never stored here.

A token in an address ends up in histories, in logs and in what a browser tells the next site.
So whoever follows a link is sent on to an address without it, and the token goes along in a
cookie of theirs. Nothing else happens on the way: mail scanners follow links as well.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

LASTS_S = 3600
_COOKIE = "waw-link"


def moved(token: str, to: str) -> HttpResponse:
    """Send somebody on to the page of that name, with the token in a cookie for it alone."""
    url = reverse(to)
    response = HttpResponseRedirect(url)
    response.set_cookie(
        _COOKIE,
        token,
        max_age=LASTS_S,
        path=url,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",  # they come from their mail, which is another site
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


def carried(request: HttpRequest) -> str:
    """Return the token that came along, empty if there is none."""
    return request.COOKIES.get(_COOKIE, "")


def dropped(response: HttpResponse, of: str) -> HttpResponse:
    """Have the browser forget what the page of that name was given."""
    response.delete_cookie(_COOKIE, path=reverse(of), samesite="Lax")
    return response
