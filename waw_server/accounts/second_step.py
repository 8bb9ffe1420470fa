"""The second step of signing in to the admin: a code from an authenticator, or a backup code.

django-otp keeps the devices, counts tries and makes whoever guesses wait. An authenticator's code
is six digits and good once; a backup code is longer, good once, and kept as a keyed hash, so a
copy of the database opens nothing.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.crypto import salted_hmac
from django_otp import verify_token
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from waw_server.accounts.models import User

BACKUP_CODES = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none looks like another
_GROUP = 4
_GROUPS = 3  # 59 bits


@dataclass(frozen=True, slots=True)
class Passed:
    """A code was right.

    Attributes:
        device: What gave it; the session remembers it.
        backup_codes_left: How many are not used up yet.
    """

    device: Device
    backup_codes_left: int


class WrongCode(Exception):
    """The code is not the one expected now, or was used before."""


class TooManyTries(Exception):
    """Wrong codes came before, so none is looked at for a while.

    Args:
        until: When one will be.
    """

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


def is_enrolled(user: User) -> bool:
    """Return whether somebody has an authenticator that gave a right code once."""
    found: bool = TOTPDevice.objects.filter(user=user, confirmed=True).exists()
    return found


@transaction.atomic
def begun(user: User) -> TOTPDevice:
    """Return the authenticator that somebody is about to set up; the same until they have."""
    _locked(user)
    device, _ = TOTPDevice.objects.get_or_create(
        user=user, confirmed=False, defaults={"name": "authenticator"}
    )
    return device


def enrol(user: User, code: str) -> Passed:
    """Take the authenticator that was begun, now that it shows a right code.

    Raises:
        WrongCode: If it does not, or they have one already.
        TooManyTries: If it must not be tried now.
    """
    if is_enrolled(user):
        raise WrongCode
    device = _verified(user, begun(user), _plain(code))
    type(device).objects.filter(pk=device.pk).update(confirmed=True)
    return Passed(device, 0)


def passed(user: User, code: str) -> Passed:
    """Take a code of somebody who is enrolled.

    Raises:
        WrongCode: If it is none of theirs, or was used before.
        TooManyTries: If none must be tried now.
    """
    plain = _plain(code)
    is_from_authenticator = len(plain) == 6 and plain.isdecimal()
    kind = TOTPDevice if is_from_authenticator else StaticDevice
    device = kind.objects.filter(user=user, confirmed=True).first()
    if device is None:
        raise WrongCode
    found = _verified(user, device, plain if is_from_authenticator else _kept(plain))
    return Passed(found, StaticToken.objects.filter(device__user=user).count())


@transaction.atomic
def new_backup_codes(user: User) -> list[str]:
    """Return ten codes, to be shown this once; those from before are void."""
    _locked(user)
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="backup codes")
    codes = [_code() for _ in range(BACKUP_CODES)]
    StaticToken.objects.bulk_create(
        StaticToken(device=device, token=_kept(_plain(code))) for code in codes
    )
    return codes


@transaction.atomic
def forget(user: User) -> None:
    """Have somebody set up an authenticator anew: theirs is lost.

    Admin sessions that passed the step with it need to pass it again.
    """
    _locked(user)
    for kind in (TOTPDevice, StaticDevice):
        kind.objects.filter(user=user).delete()


def _locked(user: User) -> None:
    """Let one change of somebody's devices happen at a time."""
    User.objects.select_for_update().get(pk=user.pk)


def _verified(user: User, device: TOTPDevice | StaticDevice, code: str) -> Device:
    may_try, why = device.verify_is_allowed()
    if not may_try:
        raise TooManyTries(why["locked_until"])
    found: Device | None = verify_token(user, device.persistent_id, code)
    if found is None:
        raise WrongCode
    return found


def _plain(code: str) -> str:
    return code.replace("-", "").replace(" ", "").lower()


def _kept(plain_code: str) -> str:
    """Return a backup code as it is kept: 64 bits, which fill the column."""
    return salted_hmac("waw_server.accounts.second_step", plain_code).hexdigest()[:16]


def _code() -> str:
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)
