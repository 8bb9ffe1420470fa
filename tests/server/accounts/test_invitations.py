"""People join by a link: once, in time, and nobody by what the database tells."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import connection

from waw_server.accounts.invitations import (
    AlreadyJoined,
    LinkOver,
    State,
    has_joined,
    invite,
    invited,
    join,
    note_sent,
    state,
    withdraw,
)
from waw_server.accounts.models import Invitation, User

PASSWORD = "eve's long password"


@pytest.fixture
def eve(charlie, now):
    """Return the invitation of somebody new."""
    return invite(email="Eve@Example.com ", display_name="Eve", by=charlie, now=now)


def _join(it, at):
    return join(token=it.token, password=PASSWORD, now=at)


def test_whoever_is_invited_has_no_way_in_yet(eve, charlie, now):
    """The account is switched off and has no password; the list tells who did it."""
    person = User.objects.get(email="eve@example.com")
    row = Invitation.objects.get()

    assert (person.display_name, person.is_active, person.is_staff) == ("Eve", False, False)
    assert not person.has_usable_password()
    assert (row.user, row.invited_by, row.created_at) == (person, charlie, now)
    assert eve.expires_at == row.expires_at == now + timedelta(days=7)


def test_joining(eve, now):
    """The password works and the account is on."""
    assert invited(eve.token, now) == eve.user

    person = _join(eve, now + timedelta(days=6))

    person.refresh_from_db()
    assert person.is_active
    assert person.check_password(PASSWORD)
    assert state(Invitation.objects.get(), now) is State.USED


def test_looking_does_not_use_it_up(eve, now):
    for _ in range(3):
        assert invited(eve.token, now) == eve.user

    assert Invitation.objects.get().ended_at is None


def _withdrawn(it, now):
    withdraw(invitation_id=it.invitation_id, now=now)


def _replaced(it, now):
    invite(email=it.user.email, display_name="", by=None, now=now)


def _let_in(it, _now):
    User.objects.filter(pk=it.user.pk).update(is_active=True)


def _let_in_and_out(it, _now):
    User.objects.filter(pk=it.user.pk).update(password="argon2$…")


def _erased(it, _now):
    it.user.delete()


@pytest.mark.parametrize(
    "before", [_join, _withdrawn, _replaced, _let_in, _let_in_and_out, _erased]
)
def test_a_link_that_is_over(eve, now, before):
    """It shows nothing and lets nobody in."""
    before(eve, now)

    for use in (partial(invited, eve.token, now), partial(_join, eve, now)):
        with pytest.raises(LinkOver):
            use()


def test_a_link_expires(eve, now):
    assert invited(eve.token, now + timedelta(days=7, seconds=-1))

    with pytest.raises(LinkOver):
        _join(eve, now + timedelta(days=7))
    assert not User.objects.get(email="eve@example.com").is_active


@pytest.mark.parametrize("made_up", ["{0}x", "x{0}", "", "é", "x.{0}"])
def test_a_link_that_is_not_ours(eve, now, made_up):
    with pytest.raises(LinkOver):
        invited(made_up.format(eve.token), now)


def test_the_database_holds_no_link(eve):
    """Neither the token nor its secret is in any row."""
    secret = eve.token.partition(".")[0]

    with connection.cursor() as cursor:
        cursor.execute("SELECT i::text || u::text FROM accounts_invitation i, accounts_user u")
        rows = " ".join(row for (row,) in cursor.fetchall())

    assert len(secret) >= 43  # 256 bits
    assert secret not in rows
    assert secret.encode().hex() not in rows
    assert secret not in repr(eve)


def test_of_many_at_the_same_moment_one_joins(at_once, now):
    """The others are told that the link is over."""
    it = invite(email="eve@example.com", display_name="", by=None, now=now)

    def tried(number):
        try:
            return join(token=it.token, password=f"password number {number}", now=now)
        except LinkOver:
            return None

    came = at_once(*(partial(tried, number) for number in range(4)))

    assert sum(person is not None for person in came) == 1


def test_of_many_invitations_at_the_same_moment_one_is_in_force(at_once, now):
    links = at_once(
        *[partial(invite, email="eve@example.com", display_name="", by=None, now=now)] * 4
    )

    assert Invitation.objects.filter(ended_at=None).count() == 1
    assert len({it.user.pk for it in links}) == 1


@pytest.mark.parametrize("is_active", [True, False])
def test_whoever_has_joined_is_not_invited(alice, now, is_active):
    """Switched off is not the same as never joined: no link brings her back."""
    User.objects.update(is_active=is_active)

    with pytest.raises(AlreadyJoined):
        invite(email="Alice@example.com", display_name="", by=None, now=now)
    assert not Invitation.objects.exists()


def test_whoever_joined_without_a_password_has_joined(eve, now):
    """By a link that was used, whatever became of the password."""
    person = _join(eve, now)
    person.set_unusable_password()
    person.is_active = False
    person.save()

    assert has_joined(person)


def test_how_far_it_has_come(eve, now):
    """From not sent to sent to expired, or withdrawn, once."""

    def seen(at=now):
        return state(Invitation.objects.get(), at)

    assert seen() is State.UNSENT
    note_sent(eve.invitation_id, now)
    assert seen() is State.OPEN
    assert seen(now + timedelta(days=7)) is State.EXPIRED
    assert withdraw(invitation_id=eve.invitation_id, now=now)
    assert not withdraw(invitation_id=eve.invitation_id, now=now)
    assert seen() is State.WITHDRAWN
    assert str(Invitation.objects.get()) == f"invitation of {eve.user.pk}"
