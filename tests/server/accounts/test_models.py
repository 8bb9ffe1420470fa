"""What the database itself refuses, whoever writes."""

from datetime import timedelta

import pytest
from django.contrib.auth import authenticate
from django.db import IntegrityError, transaction

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
        assert authenticate(None, username=person.email, password=typed) is None


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
