"""Writes: people sign in through an issuer of OpenID Connect.

Whom it vouches for is told by issuer and subject. The first time there is none on record, and
the verified address says whose account it is; nobody gets a new account by it unless
`OIDC_SIGN_UP` says so.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from django.conf import settings
from django.db import transaction

from waw_server.accounts import invitations
from waw_server.accounts.issuer import Claims, Client, Issuer
from waw_server.accounts.models import OidcIdentity, User


class Refused(Exception):
    """The issuer vouches for somebody who may not come in; the text is for them."""


class UnverifiedEmail(Refused):
    """The issuer has not seen that the address is theirs."""


class OtherDomain(Refused):
    """The account is of another organisation."""


class NoAccount(Refused):
    """There is none for them, or it is switched off, or it is another subject's."""


class OtherAccount(Refused):
    """It is somebody else's than was asked for."""


@lru_cache(maxsize=4)  # one in use; tests have theirs
def _issuer(url: str) -> Issuer:
    return Issuer(url)


def issuer() -> Issuer:
    """Return the issuer that is trusted here."""
    return _issuer(settings.OIDC_ISSUER)


def web_client() -> Client | None:
    """Return as whom our pages are known to it; None if they are not."""
    return _client(settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET)


def desktop_client() -> Client | None:
    """Return as whom the tracker is known to it; None if it is not."""
    return _client(settings.OIDC_DESKTOP_CLIENT_ID, settings.OIDC_DESKTOP_CLIENT_SECRET)


def _client(client_id: str, secret: str) -> Client | None:
    return Client(client_id, secret) if client_id else None


@transaction.atomic
def person(claims: Claims, *, email: str, now: datetime) -> User:
    """Return whom the issuer vouches for, with the account linked from now on.

    Args:
        claims: Verified.
        email: The account they asked for; empty if any of theirs will do.
        now: When.

    Raises:
        UnverifiedEmail: If it does not vouch for their address.
        OtherDomain: If `OIDC_HOSTED_DOMAIN` is another.
        NoAccount: If there is none for them, or it is switched off.
        OtherAccount: If it is not the one they asked for.
    """
    if not (claims.email and claims.is_email_verified):
        raise UnverifiedEmail("Your e-mail address has not been verified there.")
    if settings.OIDC_HOSTED_DOMAIN not in ("", claims.hosted_domain):
        raise OtherDomain("Sign in with the account of your organisation.")
    user = _known(claims) or _linked(claims, now)
    if not user.is_active:
        raise _no_account()
    if email and User.normalize_username(email) != user.email:
        raise OtherAccount("That is another account than the one that was asked for.")
    return user


def _known(claims: Claims) -> User | None:
    who = OidcIdentity.objects.filter(issuer=claims.issuer, subject=claims.subject)
    known = who.select_related("user").first()
    return known.user if known else None


def _linked(claims: Claims, now: datetime) -> User:
    """Link the account with their address, switched on or with an invitation in force."""
    email = User.normalize_username(claims.email)
    user = User.objects.select_for_update().filter(email=email).first()
    if user is None and settings.OIDC_SIGN_UP:
        user = User.objects.create_user(email, display_name=claims.name[:80])
    if user is None or not (user.is_active or invitations.let_in(user, now)):
        raise _no_account()
    identity, is_new = OidcIdentity.objects.get_or_create(
        user=user,
        issuer=claims.issuer,
        defaults={"subject": claims.subject, "linked_at": now},
    )
    if not is_new and identity.subject != claims.subject:
        # The address has come to another person there; the account has not.
        raise _no_account()
    return user


def _no_account() -> NoAccount:
    return NoAccount("There is no account for you here. Ask for an invitation.")
