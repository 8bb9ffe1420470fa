"""Signing in to the pages through an issuer of OpenID Connect: there and back."""

from __future__ import annotations

import secrets
from urllib.parse import urlencode

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from django.conf import settings
from django.contrib.auth import login
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from waw_server.accounts import identities
from waw_server.accounts.issuer import SCOPE, Claims, Client, IssuerDown, NotProven

LASTS_S = 600
_COOKIE = "waw-oidc"


@require_safe
@never_cache
def start(request: HttpRequest) -> HttpResponse:
    """Send the browser to the issuer, with secrets of this sign-in in a cookie for the way back.

    It is a link and no form: the pages' policy lets forms lead nowhere else.
    """
    client = _client()
    kept = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
    try:
        endpoint = identities.issuer().authorization_endpoint
    except IssuerDown as error:
        return _failed(request, f"Not now: {error}. A password works as ever.", 503)
    asked = {
        "response_type": "code",
        "client_id": client.id,
        "redirect_uri": _redirect_uri(request),
        "scope": SCOPE,
        "state": kept["state"],
        "nonce": kept["nonce"],
        "code_challenge": create_s256_code_challenge(kept["verifier"]),
        "code_challenge_method": "S256",
        **({"hd": settings.OIDC_HOSTED_DOMAIN} if settings.OIDC_HOSTED_DOMAIN else {}),
    }
    sign = "&" if "?" in endpoint else "?"
    response = HttpResponseRedirect(f"{endpoint}{sign}{urlencode(asked)}")
    response.set_cookie(
        _COOKIE,
        signing.dumps(kept),
        max_age=LASTS_S,
        path=reverse("oidc_callback"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",  # they come back from the issuer, which is another site
    )
    return response


@require_safe
@never_cache
def callback(request: HttpRequest) -> HttpResponse:
    """Sign in whom the issuer vouches for; whatever comes of it, the secrets are used up."""
    response = _answered(request, _client())
    response.delete_cookie(_COOKIE, path=reverse("oidc_callback"), samesite="Lax")
    response.headers["Referrer-Policy"] = "no-referrer"  # the address holds a code
    return response


@never_cache
def signed_in(request: HttpRequest) -> HttpResponse:
    """Say who is signed in."""
    if not request.user.is_authenticated:
        return HttpResponseRedirect(reverse("admin:login"))
    return render(request, "web/doors/signed_in.html", {"email": request.user.get_username()})


def _answered(request: HttpRequest, client: Client) -> HttpResponse:
    kept = _kept(request)
    if kept is None or not constant_time_compare(request.GET.get("state", ""), kept["state"]):
        return _failed(request, "This sign-in was not begun in this browser, or is too old.", 400)
    if "error" in request.GET or request.GET.get("iss", settings.OIDC_ISSUER) != (
        settings.OIDC_ISSUER
    ):
        return _failed(request, "The sign-in was not completed.", 400)
    try:
        claims = _claims(request, client, kept)
        user = identities.person(claims, email="", now=timezone.now())
    except IssuerDown as error:
        return _failed(request, f"Not now: {error}. A password works as ever.", 503)
    except NotProven:
        return _failed(request, "That sign-in is not valid, or no longer. Try again.", 403)
    except identities.Refused as error:
        return _failed(request, str(error), 403)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return HttpResponseRedirect(reverse("admin:index" if user.is_staff else "signed_in"))


def _claims(request: HttpRequest, client: Client, kept: dict[str, str]) -> Claims:
    issuer = identities.issuer()
    id_token = issuer.exchange(
        client,
        code=request.GET.get("code", ""),
        verifier=kept["verifier"],
        redirect_uri=_redirect_uri(request),
    )
    return issuer.verified(id_token, client=client, nonce=kept["nonce"], now=timezone.now())


def _client() -> Client:
    client = identities.web_client()
    if client is None:
        raise Http404
    return client


def _kept(request: HttpRequest) -> dict[str, str] | None:
    try:
        kept: dict[str, str] = signing.loads(request.COOKIES.get(_COOKIE, ""), max_age=LASTS_S)
    except signing.BadSignature:
        return None
    return kept


def _redirect_uri(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("oidc_callback"))


def _failed(request: HttpRequest, reason: str, status: int) -> HttpResponse:
    return render(request, "web/doors/not_signed_in.html", {"reason": reason}, status=status)
