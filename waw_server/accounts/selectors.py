"""Reads: who is calling, and what they agreed to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from uuid import UUID

from django.db import connection
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken

from waw_server.accounts.models import AuthCache, Consent, User
from waw_server.accounts.tokens import IDLE_LIMIT


class NotSignedIn(Exception):
    """The access token is missing, expired, revoked or not ours."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling, from a session that is alive now.

    Attributes:
        expires_at: When the access token does; the session may go on.
    """

    user_id: UUID
    session_id: UUID
    device_id: UUID
    device_name: str
    is_staff: bool
    expires_at: datetime


# One joined statement on each request: a revoked session or a switched-off person is out at
# once, not when the token expires. The ORM takes five times as long for the same.
_ALIVE = """
FROM accounts_authcache s JOIN accounts_user u ON u.id = s.user_id
WHERE s.revoked_at IS NULL AND s.expires_at > %s AND u.is_active AND s.id
"""
_CALLER = f"SELECT s.user_id, s.id, s.device_id, s.device_name, u.is_staff {_ALIVE} = %s"
_LIVING = f"SELECT s.id {_ALIVE} = ANY(%s)"

# Who writes with a session, for the statement that writes: none ends in between, and it is not
# asked for twice. Takes the time and the session.
SENDER = f"SELECT s.user_id, s.device_id, s.device_name {_ALIVE} = %s"

# From when until when the sender's consent to a purpose was in force; null is until now. It too
# is asked within the statement that writes.
CONSENT_INTERVALS = """
SELECT granted_at, withdrawn_at FROM accounts_consent JOIN sender USING (user_id)
WHERE purpose = %s
"""


def caller(access_token: str, now: datetime) -> Caller:
    """Return who holds an access token.

    Raises:
        NotSignedIn: If it is not ours, has expired, or its session has ended.
    """
    claims = _unexpired(access_token, now)
    with connection.cursor() as cursor:
        cursor.execute(_CALLER, (now, claims.session_id))
        row = cursor.fetchone()
    if row is None:
        raise NotSignedIn
    return Caller(*(*row, claims.expires_at))


def session_named(access_token: str, now: datetime) -> UUID:
    """Return the session an access token is of; whether that is alive is another question.

    Raises:
        NotSignedIn: If the token is not ours or has expired.
    """
    return _unexpired(access_token, now).session_id


def living(session_ids: Iterable[UUID], now: datetime) -> set[UUID]:
    """Return those sessions that are alive: not ended, and their person not switched off."""
    with connection.cursor() as cursor:
        cursor.execute(_LIVING, (now, list(session_ids)))
        return {session_id for (session_id,) in cursor.fetchall()}


@dataclass(frozen=True, slots=True)
class _Claims:
    """What a token of ours says: whose session it is, and until when it is good."""

    session_id: UUID
    expires_at: datetime


def _unexpired(access_token: str, now: datetime) -> _Claims:
    claims = _claims(access_token)
    if claims.expires_at <= now:
        raise NotSignedIn
    return claims


@lru_cache(maxsize=4096)  # tokens; a device asks with the same one until it expires
def _claims(access_token: str) -> _Claims:
    """Return what a token of ours says, whatever the hour.

    A signature that was good stays good, so it is checked once. What may change is for the
    caller to check on each request: whether the token has expired and the session has ended.

    Raises:
        NotSignedIn: If it is not ours, or had expired when it was first shown.
    """
    try:
        token = AccessToken(access_token)  # type: ignore[arg-type]  # takes text - its annotation says Token only
        return _Claims(UUID(token["sid"]), datetime.fromtimestamp(token["exp"], UTC))
    except (TokenError, KeyError, ValueError) as error:
        raise NotSignedIn from error


def person(user_id: UUID) -> User:
    """Return the person a caller is."""
    return User.objects.get(pk=user_id)


def sessions_of(user_id: UUID, now: datetime) -> list[AuthCache]:
    """Return the sessions of somebody that may still go on, the latest used first."""
    return list(
        AuthCache.objects.filter(
            user_id=user_id,
            revoked_at=None,
            expires_at__gt=now,
            used_at__gt=now - IDLE_LIMIT,
        ).order_by("-used_at", "-created_at", "pk")
    )


def consents_of(user_id: UUID) -> list[Consent]:
    """Return everything somebody agreed to, the latest first."""
    return list(Consent.objects.filter(user_id=user_id).order_by("-granted_at", "-pk"))
