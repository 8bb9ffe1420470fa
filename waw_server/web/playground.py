"""The playground: GraphiQL from files of our own, for staff, and in development for everybody."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from waw_server.web.headers import policy

# What `make assets` builds.
SCRIPTS = tuple(
    f"vendor/{name}"
    for name in ("react.production.min.js", "react-dom.production.min.js", "graphiql.min.js")
)
STYLES = ("vendor/graphiql.min.css",)
# GraphiQL's style sheet holds its fonts and pictures within itself.
_WITHIN = ["'self'", "data:"]


def for_staff(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Let whoever may open the admin see a page, and in development everybody."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if settings.IS_DEVELOPMENT or admin.site.has_permission(request):
            return view(request)
        return redirect_to_login(request.get_full_path(), reverse("admin:login"))

    return guarded


def playground(request: HttpRequest) -> HttpResponse:
    """Show GraphiQL, or how to build what it is made of."""
    if not is_built():
        return TemplateResponse(request, "web/playground_missing.html", status=503)
    nonce = secrets.token_urlsafe(16)
    response = TemplateResponse(
        request, "web/playground.html", {"scripts": SCRIPTS, "styles": STYLES, "nonce": nonce}
    )
    response.headers["Content-Security-Policy"] = policy(
        {
            "style-src": ["'self'", f"'nonce-{nonce}'"],
            "font-src": _WITHIN,
            "img-src": _WITHIN,
        }
    )
    return response


def is_built() -> bool:
    """Return whether every file is where it would be served from."""
    return all(_is_served(file) for file in (*SCRIPTS, *STYLES))


def where(url: str) -> str:
    """Say where the playground is, or what has to be done before."""
    if is_built():
        return f"Playground {url}/playground"
    return f"Playground {url}/playground, after `make assets`, which needs Node.js and npm"


def _is_served(file: str) -> bool:
    if settings.WHITENOISE_USE_FINDERS:
        return finders.find(file) is not None
    return staticfiles_storage.exists(file)
