"""Writes: sessions begin, go on and end; consents are given and withdrawn."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never
from uuid import UUID, uuid4

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import authenticate
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from rest_framework_simplejwt.tokens import AccessToken

from waw_server.accounts import lockout, tokens
from waw_server.accounts.models import AuthCache, Consent, Tombstone, User
from waw_server.accounts.tokens import Family, RefreshToken, Verdict


class WrongCredentials(Exception):
    """No active person has this e-mail address and password."""


class LockedOut(Exception):
    """Too many wrong passwords for this account from this address; known or not.

    Args:
        retry_after_s: When it may be tried again.
    """

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(retry_after_s)
        self.retry_after_s = retry_after_s


class SessionOver(Exception):
    """The session has ended, or never was."""


class PersonErased(Exception):
    """The session was one of somebody who has been erased."""


class ConsentWithdrawn(Exception):
    """The consent was withdrawn after it was given, so it is not in force."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a device needs to go on.

    Attributes:
        access: JWT for the Authorization header.
        access_expires_in_s: From now; a device counts it on its monotonic clock.
        refresh: Opaque, good for one refresh.
        user_id: Whose they are.
    """

    access: str
    access_expires_in_s: int
    refresh: str
    user_id: UUID


def sign_in(
    *,
    request: HttpRequest,
    email: str,
    password: str,
    device_id: UUID | None,
    device_name: str,
    now: datetime,
) -> Tokens:
    """Begin a device session for whoever has this e-mail address and password.

    Raises:
        WrongCredentials: For an unknown address, a wrong password and a person switched off
            alike; it takes as long for each.
        LockedOut: After too many of them, even with the right password.
    """
    user = authenticate(request, username=email, password=password)
    if getattr(request, "axes_locked_out", False):
        raise LockedOut(lockout.wait_s(request, email))
    if not isinstance(user, User):
        raise WrongCredentials
    return begin_session(user=user, device_id=device_id, device_name=device_name, now=now)


@transaction.atomic
def begin_session(*, user: User, device_id: UUID | None, device_name: str, now: datetime) -> Tokens:
    """Begin a device session for somebody who has proved who they are.

    A client that names no device gets one of its own for this session. Whoever is switched off
    or changes the password at the same moment waits for this one or goes first: no session
    begins with what no longer counts.

    Raises:
        WrongCredentials: If the person was erased, switched off or given another password
            since `user` was read.
    """
    same = User.objects.select_for_update(no_key=True).filter(
        pk=user.pk, password=user.password, is_active=True
    )
    if not same.exists():
        raise WrongCredentials
    token = RefreshToken(uuid4(), 0, secrets.token_bytes(tokens.SECRET_BYTES))
    session = AuthCache.objects.create(
        id=token.session_id,
        user=user,
        device_id=device_id or uuid4(),
        device_name=device_name,
        current_hash=token.hash,
        created_at=now,
        used_at=now,
        expires_at=now + tokens.ABSOLUTE_LIMIT,
    )
    return _issued(session, token, now)


def refresh(*, refresh_token: str, now: datetime) -> Tokens:
    """Exchange a refresh token for the next one.

    Rotation is one compare-and-swap on one table. A filter over a join would become
    `id IN (SELECT …)`, which several racers can pass, so whether the person is still active is
    asked apart.

    Raises:
        SessionOver: If the token is made up, its session has ended, or it was used before and
            not just now; the last also ends the session, for one of the two holders stole it.
        PersonErased: If the token is genuine and its person has been erased.
    """
    key = _key()
    try:
        token = tokens.unsealed(refresh_token, key)
    except tokens.Malformed as error:
        raise SessionOver from error
    session = AuthCache.objects.select_related("user").filter(pk=token.session_id).first()
    if session is None and Tombstone.objects.filter(refresh_hash=token.hash).exists():
        raise PersonErased
    if session is None or not session.user.is_active:
        raise SessionOver
    match _verdict(session, token, now):
        case Verdict.ROTATE if not _rotated(session, token, now):
            # Somebody was quicker by a moment: judge again by what they left.
            return refresh(refresh_token=refresh_token, now=now)
        case Verdict.ROTATE | Verdict.REPEAT:
            return _issued(session, token.successor(key), now)
        case Verdict.REPLAY:
            _end(session, "replay", now)
            raise SessionOver
        case Verdict.ENDED:
            raise SessionOver
        case unreachable:
            assert_never(unreachable)


def sign_out(*, user_id: UUID, session_id: UUID, everywhere: bool, now: datetime) -> int:
    """End a session, or all of a person's, and return how many it were."""
    alive = AuthCache.objects.filter(user_id=user_id, revoked_at=None)
    if not everywhere:
        alive = alive.filter(pk=session_id)
    return alive.update(revoked_at=now, revoked_reason="signed out")


def revoke(*, user_id: UUID, session_id: UUID, now: datetime) -> int:
    """End one session of somebody's and return how many it were: none if it is not theirs."""
    mine = AuthCache.objects.filter(user_id=user_id, pk=session_id, revoked_at=None)
    return mine.update(revoked_at=now, revoked_reason="revoked")


@transaction.atomic
def grant_consent(
    *, user_id: UUID, purpose: Consent.Purpose, text_hash: str, granted_at: datetime
) -> Consent:
    """Write down a consent; saying the same again changes nothing.

    Consent to a new wording ends the one to the old at that instant.

    Args:
        user_id: Who agreed.
        purpose: To what.
        text_hash: SHA-256 of the wording, in hexadecimal.
        granted_at: When, by the device's corrected clock.

    Raises:
        ConsentWithdrawn: If it was withdrawn after `granted_at`, perhaps on another device.
    """
    User.objects.select_for_update().get(pk=user_id)  # one change of consents at a time
    mine = Consent.objects.filter(user_id=user_id, purpose=purpose)
    current = mine.filter(withdrawn_at=None).first()
    if current is not None and current.text_hash == text_hash:
        return current
    if mine.filter(withdrawn_at__gt=granted_at).exists():
        raise ConsentWithdrawn
    if current is not None:
        granted_at = max(granted_at, current.granted_at)
        mine.filter(pk=current.pk).update(withdrawn_at=granted_at)
    return Consent.objects.create(
        user_id=user_id, purpose=purpose, text_hash=text_hash, granted_at=granted_at
    )


class NoConsent(Exception):
    """Nothing was agreed to that could be withdrawn."""


@transaction.atomic
def withdraw_consent(*, user_id: UUID, purpose: Consent.Purpose, now: datetime) -> Consent:
    """Withdraw the consent for a purpose; once withdrawn it stays so.

    Raises:
        NoConsent: If there never was one.
    """
    User.objects.select_for_update().get(pk=user_id)
    mine = Consent.objects.filter(user_id=user_id, purpose=purpose)
    mine.filter(withdrawn_at=None).update(withdrawn_at=now)
    latest = mine.order_by("-granted_at", "-pk").first()
    if latest is None:
        raise NoConsent
    return latest


@transaction.atomic
def erase(*, user_id: UUID) -> None:
    """Delete a person with their rows; what remains tells their devices, and no more.

    The locks let a rotation under way end first, and what comes after them finds nobody. A
    device may hold the token before the current one, where the reply was lost.

    Raises:
        User.DoesNotExist: If there is no such person.
    """
    person = User.objects.select_for_update().get(pk=user_id)
    sessions = AuthCache.objects.select_for_update().filter(user=person)
    hashes = {
        bytes(it)
        for pair in sessions.values_list("current_hash", "previous_hash")
        for it in pair
        if it
    }
    Tombstone.objects.bulk_create(Tombstone(refresh_hash=it) for it in hashes)
    AccessAttempt.objects.filter(username=lockout.name_of(person.email)).delete()
    person.delete()


def _verdict(session: AuthCache, token: RefreshToken, now: datetime) -> Verdict:
    family = Family(
        current_hash=bytes(session.current_hash),
        previous_hash=bytes(session.previous_hash) if session.previous_hash else None,
        rotated_at=session.rotated_at,
        used_at=session.used_at,
        expires_at=session.expires_at,
        is_revoked=session.revoked_at is not None,
    )
    return tokens.verdict(token.hash, family, now)


def _rotated(session: AuthCache, token: RefreshToken, now: datetime) -> bool:
    following = token.successor(_key())
    changed = AuthCache.objects.filter(
        pk=session.pk, current_hash=token.hash, revoked_at=None
    ).update(
        previous_hash=F("current_hash"),
        current_hash=following.hash,
        generation=following.generation,
        rotated_at=now,
        used_at=now,
    )
    return changed == 1


def _end(session: AuthCache, reason: str, now: datetime) -> None:
    AuthCache.objects.filter(pk=session.pk, revoked_at=None).update(
        revoked_at=now, revoked_reason=reason
    )


def _issued(session: AuthCache, token: RefreshToken, now: datetime) -> Tokens:
    access = AccessToken()
    access.set_exp(from_time=now)
    access["sub"] = str(session.user_id)
    access["sid"] = session.pk.hex
    return Tokens(
        access=str(access),
        access_expires_in_s=int(access.lifetime.total_seconds()),
        refresh=token.sealed(_key()),
        user_id=session.user_id,
    )


def _key() -> bytes:
    key: str = settings.SIMPLE_JWT["SIGNING_KEY"]
    return key.encode()
