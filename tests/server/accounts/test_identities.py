"""Whom an issuer may bring in: by subject, and the first time by a verified address."""

from datetime import timedelta

import pytest

from waw_server.accounts.identities import (
    NoAccount,
    OtherAccount,
    OtherDomain,
    UnverifiedEmail,
    person,
)
from waw_server.accounts.invitations import invite, withdraw
from waw_server.accounts.issuer import Claims
from waw_server.accounts.models import Invitation, OidcIdentity, User


@pytest.fixture(autouse=True)
def policy(settings):
    """Take nobody but those with an account, from any organisation."""
    settings.OIDC_HOSTED_DOMAIN, settings.OIDC_SIGN_UP = "", False


def _claims(**changes):
    return Claims(
        **{
            "issuer": "https://id.example.com",
            "subject": "1",
            "email": "alice@example.com",
            "is_email_verified": True,
            "hosted_domain": "",
            "name": "Alice",
            **changes,
        }
    )


def _come(now, email="", **changes):
    return person(_claims(**changes), email=email, now=now)


def test_the_first_time_the_address_counts_then_the_subject(alice, now):
    assert _come(now, email="Alice@Example.com", subject="1") == alice
    row = OidcIdentity.objects.get()
    assert (row.user, row.issuer, row.subject) == (alice, "https://id.example.com", "1")
    assert str(row) == f"{alice.pk} at https://id.example.com"

    assert _come(now, email="", subject="1") == alice
    assert person(_claims(email="alice@married.example.com"), email="", now=now) == alice
    assert OidcIdentity.objects.count() == 1


def test_an_address_that_another_person_got_there(alice, now):
    """The account stays with whom it was linked to."""
    _come(now, subject="1")

    with pytest.raises(NoAccount):
        _come(now, subject="2")
    assert OidcIdentity.objects.get().subject == "1"


def test_another_issuer_is_another_identity(alice, now):
    """The same subject there may be anybody."""
    _come(now, subject="1")

    with pytest.raises(NoAccount):
        person(
            _claims(issuer="https://other.example.com", email="eve@example.com"), email="", now=now
        )


@pytest.mark.parametrize(
    "changes, outcome",
    [
        ({"is_email_verified": False}, UnverifiedEmail),
        ({"email": ""}, UnverifiedEmail),
        ({"email": "nobody@example.com"}, NoAccount),
    ],
)
@pytest.mark.parametrize("is_linked", [False, True])
def test_who_is_refused(alice, bob, now, changes, outcome, is_linked):
    """An address that is not verified is no way in, not even for whom we know."""
    if is_linked:
        person(_claims(subject="9", email="bob@example.com"), email="", now=now)

    with pytest.raises(outcome):
        person(_claims(**changes), email="", now=now)
    assert OidcIdentity.objects.count() == is_linked


@pytest.mark.parametrize("is_linked", [False, True])
def test_whoever_is_switched_off(alice, now, is_linked):
    if is_linked:
        _come(now)
    User.objects.update(is_active=False)

    with pytest.raises(NoAccount):
        _come(now)
    assert not User.objects.get().is_active


def test_whoever_was_erased_is_nobody(alice, now):
    _come(now)
    alice.delete()

    with pytest.raises(NoAccount):
        _come(now)
    assert not OidcIdentity.objects.exists()


@pytest.mark.parametrize("domain, is_in", [("example.com", True), ("", False), ("x.com", False)])
def test_one_organisation_only(alice, now, settings, domain, is_in):
    settings.OIDC_HOSTED_DOMAIN = "example.com"

    if is_in:
        assert person(_claims(hosted_domain=domain), email="", now=now) == alice
    else:
        with pytest.raises(OtherDomain):
            person(_claims(hosted_domain=domain), email="", now=now)


def test_whoever_was_asked_for(alice, bob, now):
    """A tracker of bob's must not send to alice's account."""
    with pytest.raises(OtherAccount):
        _come(now, email="bob@example.com")
    assert not OidcIdentity.objects.exists()


def test_an_invitation_is_taken_by_signing_in(db, now):
    """The issuer has seen that the address is theirs, as the letter would have."""
    eve = invite(email="eve@example.com", display_name="", by=None, now=now).user

    assert person(_claims(email="eve@example.com"), email="", now=now) == eve

    eve.refresh_from_db()
    assert eve.is_active
    assert not eve.has_usable_password()
    assert Invitation.objects.get().ending == "used"


@pytest.mark.parametrize("case", ["expired", "withdrawn"])
def test_an_invitation_that_is_over(db, now, case):
    it = invite(email="eve@example.com", display_name="", by=None, now=now)
    if case == "withdrawn":
        withdraw(invitation_id=it.invitation_id, now=now)
    later = now + timedelta(days=8 if case == "expired" else 0)

    with pytest.raises(NoAccount):
        person(_claims(email="eve@example.com"), email="", now=later)
    assert not User.objects.get().is_active


def test_sign_up_where_it_is_wanted(db, now, settings):
    settings.OIDC_SIGN_UP = True

    eve = person(_claims(email="Eve@Example.com", name="E" * 90), email="", now=now)

    assert (eve.email, eve.display_name) == ("eve@example.com", "E" * 80)
    assert (eve.is_active, eve.is_staff, eve.has_usable_password()) == (True, False, False)
