"""Writes: whoever forgot their password chooses another one, by a link they were sent.

The link is Django's: a signature over the present password and the hour, so that nothing is
stored for it and a new password ends it.
"""

from __future__ import annotations

from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from waw_server.accounts.models import User


class ResetOver(Exception):
    """The link was used, has expired, or never was ours."""


def begin(email: str) -> tuple[User, str] | None:
    """Return who has an address, and what their link carries; None where nobody may have one.

    Whoever is switched off, and whoever never chose a password, gets none: an invitation is
    what they need, or an operator.
    """
    user = User.objects.filter(email=User.normalize_username(email), is_active=True).first()
    if user is None or not user.has_usable_password():
        return None
    who = urlsafe_base64_encode(user.pk.bytes)
    return user, f"{who}.{default_token_generator.make_token(user)}"


def asked(carried: str) -> User:
    """Return whose link it is; looking at it does not use it up.

    Raises:
        ResetOver: If it does not work, whatever the reason.
    """
    return _checked(carried, is_held=False)


@transaction.atomic
def finish(*, carried: str, password: str) -> User:
    """Give somebody the password they chose, which ends all their sessions.

    Args:
        carried: By their link, which this uses up.
        password: Checked by the validators already.

    Raises:
        ResetOver: If the link does not work, for instance because it was used a moment ago.
    """
    person = _checked(carried, is_held=True)
    person.set_password(password)
    person.save(update_fields=["password"])
    return person


def _checked(carried: str, *, is_held: bool) -> User:
    who, _, token = carried.partition(".")
    people = User.objects.select_for_update() if is_held else User.objects.all()
    try:
        person = people.filter(pk=urlsafe_base64_decode(who).hex(), is_active=True).first()
    except (ValueError, ValidationError) as error:
        raise ResetOver from error
    if person is None or not default_token_generator.check_token(person, token):
        raise ResetOver
    return person
