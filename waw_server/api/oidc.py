"""Signing in with the browser, through an issuer of OpenID Connect."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

import strawberry
from django.conf import settings
from django.utils import timezone
from graphql import GraphQLError

from waw_server.accounts import identities, services
from waw_server.accounts.issuer import SCOPE, IssuerDown, NotProven
from waw_server.api.accounts import LoginSuccess
from waw_server.api.context import ApiContext
from waw_server.api.throttle import count_sign_in

# RFC 7636, 4.1, asks for 43 to 128 of these; the others are ours, since nothing says more.
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_NONCE = re.compile(r"[A-Za-z0-9._~-]{16,128}")
_CODE = re.compile(r"[\x21-\x7e]{1,2048}")


@strawberry.type
class BrowserSignIn:
    """Where to send a browser, and as whom."""

    authorization_endpoint: str = strawberry.field(description="Of the issuer.")
    client_id: str = strawberry.field(description="Of the tracker, at the issuer.")
    scope: str = strawberry.field(description="To ask for, with spaces between.")
    hosted_domain: str | None = strawberry.field(description="To send as hd, if there is one.")


@strawberry.input
class LoginWithOidcInput:
    """What a browser brought back, and the secrets that belong to it."""

    code: str = strawberry.field(description="As it came to the redirect address.")
    code_verifier: str = strawberry.field(description="Of PKCE, 43 to 128 letters.")
    redirect_uri: str = strawberry.field(description="http://127.0.0.1:<port>/<path>.")
    nonce: str = strawberry.field(description="As it was sent along, 16 to 128 letters.")
    email: str | None = strawberry.field(
        default=None, description="Refuse any account but that of this address."
    )
    device_id: UUID | None = strawberry.field(
        default=None, description="The device trackBlink writes for; a new one if left out."
    )
    device_name: str | None = strawberry.field(default=None, description="At most 80 letters.")


@strawberry.type
class OidcRefused:
    """The issuer does not vouch for it, or there is no account for whom it vouches for."""

    message: str = strawberry.field(description="For people.")


@strawberry.type
class OidcUnavailable:
    """It is not set up here, or the issuer does not answer; a password works as ever."""

    message: str = strawberry.field(description="For people.")


LoginWithOidcResult = Annotated[
    LoginSuccess | OidcRefused | OidcUnavailable,
    strawberry.union("LoginWithOidcResult", description="What came of a sign-in with the browser."),
]


@strawberry.type
class OidcQuery:
    """How to begin."""

    @strawberry.field(
        description="Where to send a browser to sign in; null if that is not possible. Public."
    )
    def browser_sign_in(self) -> BrowserSignIn | None:
        """Ask the issuer, or remember what it said."""
        client = identities.desktop_client()
        if client is None:
            return None
        try:
            endpoint = identities.issuer().authorization_endpoint
        except IssuerDown:
            return None
        return BrowserSignIn(
            authorization_endpoint=endpoint,
            client_id=client.id,
            scope=SCOPE,
            hosted_domain=settings.OIDC_HOSTED_DOMAIN or None,
        )


@strawberry.type
class OidcMutation:
    """How to end."""

    @strawberry.mutation(
        description="Begin a device session for whom an issuer vouches for. Public."
    )
    def login_with_oidc(
        self,
        info: strawberry.Info[ApiContext],
        input: Annotated[LoginWithOidcInput, strawberry.argument(description="What came back.")],
    ) -> LoginWithOidcResult:
        """Translate the outcome of asking the issuer, and then ourselves."""
        count_sign_in(info.context.request)
        _check(input)
        client, issuer, now = identities.desktop_client(), identities.issuer(), timezone.now()
        if client is None:
            return OidcUnavailable(message="Signing in with the browser is not set up here.")
        try:
            id_token = issuer.exchange(
                client,
                code=input.code,
                verifier=input.code_verifier,
                redirect_uri=input.redirect_uri,
            )
            claims = issuer.verified(id_token, client=client, nonce=input.nonce, now=now)
            tokens = services.begin_session(
                user=identities.person(claims, email=input.email or "", now=now),
                device_id=input.device_id,
                device_name=(input.device_name or "")[:80],
                now=now,
            )
        except IssuerDown as error:
            return OidcUnavailable(message=f"Not now: {error}. A password works as ever.")
        except (NotProven, services.WrongCredentials):
            return OidcRefused(message="That sign-in is not valid, or no longer. Try again.")
        except identities.Refused as error:
            return OidcRefused(message=str(error))
        return LoginSuccess(
            access_token=tokens.access,
            access_expires_in_s=tokens.access_expires_in_s,
            refresh_token=tokens.refresh,
            user_id=tokens.user_id,
        )


def _check(input: LoginWithOidcInput) -> None:
    """Refuse what no client of ours sends, before the issuer hears of it."""
    rules = (
        ("code", bool(_CODE.fullmatch(input.code))),
        ("codeVerifier", bool(_VERIFIER.fullmatch(input.code_verifier))),
        ("nonce", bool(_NONCE.fullmatch(input.nonce))),
        ("redirectUri", _is_loopback(input.redirect_uri)),
        ("email", "\0" not in (input.email or "")),
        ("deviceName", "\0" not in (input.device_name or "")),
    )
    for name, is_right in rules:
        if not is_right:
            raise GraphQLError(f"{name}: not as a tracker sends it")


def _is_loopback(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
        return (parts.scheme, parts.hostname) == ("http", "127.0.0.1") and bool(parts.port)
    except ValueError:
        return False
