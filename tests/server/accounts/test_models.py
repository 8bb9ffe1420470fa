"""What the database itself refuses, whoever writes."""

from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import make_password
from django.contrib.auth.signals import user_logged_in
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from waw_server.accounts.models import AuthCache, Consent, User
from waw_server.accounts.services import begin_session

pytestmark = pytest.mark.django_db


def _refused(write):
    """Make a write that the database must refuse, and keep the transaction usable."""
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        write()
    return str(refused.value)


def test_an_address_is_kept_in_lower_case():
    """It is one person, however it was typed."""
    person = User.objects.create_user("  Alice@Example.COM ", "a password")

    assert person.email == "alice@example.com"
    assert User.objects.get_by_natural_key("ALICE@example.com ") == person


def test_nobody_has_no_address():
    with pytest.raises(User.DoesNotExist):
        User.objects.get_by_natural_key(None)


def test_two_people_never_share_an_address(alice):
    """Not even in another case: the database refuses it, by whatever way it comes."""
    assert "accounts_user_email_key" in _refused(
        lambda: User.objects.create_user("ALICE@example.com")
    )
    assert "email_lower" in _refused(lambda: User.objects.create(email="Alice@example.com"))
    assert User.objects.count() == 1


def test_somebody_without_a_password_cannot_sign_in():
    """Neither with none, nor with an empty one, nor with what is stored."""
    person = User.objects.create_user("alice@example.com")

    for typed in ("", "None", person.password):
        assert authenticate(HttpRequest(), username=person.email, password=typed) is None


def test_an_operator_may_everything():
    operator = User.objects.create_superuser("operator@example.com", "a password")

    assert (operator.is_staff, operator.is_superuser) == (True, True)


def test_one_consent_is_in_force_at_a_time(alice, now):
    """A second for the same purpose is refused, however it comes."""
    problem = _refused(
        lambda: Consent.objects.create(
            user=alice, purpose=Consent.Purpose.CLOUD_SYNC, text_hash="b" * 64, granted_at=now
        )
    )

    assert "one_consent_in_force" in problem
    assert Consent.objects.filter(user=alice).count() == 1


def test_a_consent_never_ends_before_it_began(alice, now):
    theirs = Consent.objects.filter(user=alice)

    problem = _refused(lambda: theirs.update(withdrawn_at=now - timedelta(days=31)))

    assert "consent_ends_after_it_begins" in problem
    assert theirs.get().withdrawn_at is None


def test_how_rows_introduce_themselves(alice, now):
    """By what an operator knows them by; a session without a name by its device."""
    begin_session(user=alice, device_id=None, device_name="laptop", now=now)
    session = AuthCache.objects.get()

    assert str(alice) == "alice@example.com"
    assert str(session) == f"{alice.pk} on laptop"
    session.device_name = ""
    assert str(session) == f"{alice.pk} on {session.device_id}"
    assert str(alice.consents.get()) == f"{alice.pk} cloud_sync from 2026-01-31 09:00:00+00:00"


def _ended(user):
    return [it.revoked_reason for it in AuthCache.objects.filter(user=user)]


def _new_password(user):
    user.set_password("another password")
    user.save()


def _password_taken_away(user):
    user.set_unusable_password()
    user.save()


def _hash_put_in(user):
    user.password = make_password("another password")
    user.save()


def _changed_at_the_command_line(user):
    user.set_password("another password")
    user.save(update_fields=["password"])


def _switched_off(user):
    user.is_active = False
    user.save()


def _renamed(user):
    user.display_name = "Zoë"
    user.save()


def _signed_in_once_more(user):
    """As in the admin, which notes when."""
    user_logged_in.send(sender=User, request=HttpRequest(), user=user)


def _stale_copy(user):
    """Stores one field, and of the others holds what is no longer so."""
    user.password = "an old hash"
    user.is_active = False
    user.save(update_fields=["display_name"])


def _same_hash(user):
    user.save(update_fields=["password"])


class TestWhatEndsSessions:
    """A-11: whoever stores the person, in whatever way."""

    @pytest.mark.parametrize(
        "change, reason",
        [
            (_new_password, "password changed"),
            (_password_taken_away, "password changed"),
            (_hash_put_in, "password changed"),
            (_changed_at_the_command_line, "password changed"),
            (_switched_off, "switched off"),
            (_renamed, ""),
            (_signed_in_once_more, ""),
            (_same_hash, ""),
            (_stale_copy, ""),
        ],
    )
    def test_of_alice_and_nobody_else(self, alice, bob, now, change, reason):
        """All of hers, for a reason that is written down; his go on."""
        for person in (alice, alice, bob):
            begin_session(user=person, device_id=None, device_name="", now=now)

        change(alice)

        assert _ended(alice) == [reason] * 2
        assert _ended(bob) == [""]
        assert AuthCache.objects.filter(revoked_at=None).count() == (1 if reason else 3)

    def test_a_renewed_hash_is_no_new_password(self, alice, now):
        """Django stores today's parameters at sign-in; the other devices stay."""
        old = "argon2" + PasswordHasher(time_cost=1, memory_cost=8192).hash("alice's password")
        User.objects.filter(pk=alice.pk).update(password=old)
        alice.refresh_from_db()
        begin_session(user=alice, device_id=None, device_name="", now=now)

        assert alice.check_password("alice's password")

        alice.refresh_from_db()
        assert alice.password != old
        assert _ended(alice) == [""]

    def test_switched_on_again_they_stay_ended(self, alice, now):
        """A device that was stolen meanwhile is not let back in."""
        begin_session(user=alice, device_id=None, device_name="", now=now)
        _switched_off(alice)

        alice.is_active = True
        alice.save()

        assert _ended(alice) == ["switched off"]

    def test_what_had_ended_keeps_its_reason(self, alice, now):
        """And its time: a theft stays on record as one."""
        begin_session(user=alice, device_id=None, device_name="", now=now)
        AuthCache.objects.update(revoked_at=now, revoked_reason="replay")

        _new_password(alice)

        assert _ended(alice) == ["replay"]
        assert AuthCache.objects.get().revoked_at == now
