"""Writes: people are invited, and join by the link they were sent.

There is no other way in: nobody makes an account for themselves. The database holds a hash of
each link's secret, so whoever reads it cannot join.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction

from waw_server.accounts.models import Invitation, User

SECRET_BYTES = 32


class AlreadyJoined(Exception):
    """The person has an account of their own; switched off or not, no link makes a new one."""


class LinkOver(Exception):
    """The link was used, replaced, withdrawn, has expired, or never was ours."""


class State(StrEnum):
    """How far an invitation has come."""

    UNSENT = "not sent"
    OPEN = "sent"
    EXPIRED = "expired"
    USED = "used"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Invited:
    """A link that was made, and for whom.

    Attributes:
        invitation_id: Of the row.
        user: Who may use it.
        token: What the link carries; it is kept nowhere.
        expires_at: Until when it works.
    """

    invitation_id: UUID
    user: User
    token: str = field(repr=False)
    expires_at: datetime


@transaction.atomic
def invite(*, email: str, display_name: str, by: User | None, now: datetime) -> Invited:
    """Make a link for somebody; one that they had before works no longer.

    Whoever is new has an account from now on that is switched off until they join.

    Raises:
        AlreadyJoined: If they need none.
    """
    user, is_new = User.objects.select_for_update().get_or_create(
        email=User.normalize_username(email),
        defaults={"display_name": display_name, "is_active": False},
    )
    if is_new:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    elif has_joined(user):
        raise AlreadyJoined
    _end(user, Invitation.Ending.REPLACED, now)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    row = Invitation.objects.create(
        user=user,
        invited_by=by,
        secret_hash=_hash(secret),
        created_at=now,
        expires_at=now + settings.INVITATION_LASTS,
    )
    return Invited(row.pk, user, _signer().sign(secret), row.expires_at)


def has_joined(user: User) -> bool:
    """Return whether somebody ever had a way to sign in, or was let in by an operator."""
    return (
        user.is_active
        or user.has_usable_password()
        or user.invitations.filter(ending=Invitation.Ending.USED).exists()
    )


def note_sent(invitation_id: UUID, now: datetime) -> None:
    """Write down that the mail server took the letter."""
    Invitation.objects.filter(pk=invitation_id).update(sent_at=now)


def withdraw(*, invitation_id: UUID, now: datetime) -> bool:
    """End an invitation, and return whether it was in force until now."""
    changed = Invitation.objects.filter(pk=invitation_id, ended_at=None).update(
        ended_at=now, ending=Invitation.Ending.WITHDRAWN
    )
    return changed == 1


def invited(token: str, now: datetime) -> User:
    """Return whose link it is; looking at it does not use it up, since mail scanners do.

    Raises:
        LinkOver: If it does not work, whatever the reason.
    """
    return _open(token, now).user


@transaction.atomic
def join(*, token: str, password: str, now: datetime) -> User:
    """Give somebody the password they chose, and switch their account on.

    Args:
        token: Of their link, which this uses up.
        password: Checked by the validators already.
        now: When.

    Raises:
        LinkOver: If the link does not work, for instance because it was used a moment ago.
    """
    person = User.objects.select_for_update().get(pk=invited(token, now).pk)
    _open(token, now)  # again, behind the lock: of two at the same moment one is late
    person.set_password(password)
    person.is_active = True
    person.save(update_fields=["password", "is_active"])
    _end(person, Invitation.Ending.USED, now)
    return person


def let_in(user: User, now: datetime) -> bool:
    """Switch somebody on who was invited and has proved their address in another way.

    Args:
        user: Locked by the caller.
        now: When.

    Returns:
        Whether an invitation of theirs was in force; it is used up.
    """
    in_force = user.invitations.filter(ended_at=None, expires_at__gt=now)
    if has_joined(user) or not in_force.exists():
        return False
    user.is_active = True
    user.save(update_fields=["is_active"])
    _end(user, Invitation.Ending.USED, now)
    return True


def state(it: Invitation, now: datetime) -> State:
    """Return how far an invitation has come."""
    if it.ending:
        return State(it.ending)
    if it.expires_at <= now:
        return State.EXPIRED
    return State.OPEN if it.sent_at else State.UNSENT


def _open(token: str, now: datetime) -> Invitation:
    try:
        secret = _signer().unsign(token)
        found = Invitation.objects.select_related("user").get(
            secret_hash=_hash(secret), ended_at=None, expires_at__gt=now
        )
    except (signing.BadSignature, Invitation.DoesNotExist) as error:
        raise LinkOver from error
    if has_joined(found.user):  # let in by an operator meanwhile, and perhaps switched off since
        raise LinkOver
    return found


def _end(user: User, ending: Invitation.Ending, now: datetime) -> None:
    Invitation.objects.filter(user=user, ended_at=None).update(ended_at=now, ending=ending)


def _signer() -> signing.Signer:
    return signing.Signer(sep=".", salt="waw.invitation")


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
