"""Erased means erased, whatever arrives at the same moment."""

from contextlib import suppress
from functools import partial

import pytest
from django.db import IntegrityError

from tests.server.minutes import LAPTOP, minute
from tests.server.senders import stored
from waw_server.accounts.models import User
from waw_server.accounts.selectors import NotSignedIn
from waw_server.accounts.services import WrongCredentials, begin_session
from waw_server.blinks.models import Device
from waw_server.blinks.services import ConsentMissing, _advanced_watermark
from waw_server.privacy import erase


@pytest.fixture
def send(now):
    """Return a function that stores minutes of somebody's."""

    def send(person, *minutes):
        stored(person, *minutes, at=now)

    return send


def test_every_row_goes(alice, bob, now, send, rows_of):
    """Hers in every table; his in none."""
    for person in (alice, bob):
        begin_session(user=person, device_id=LAPTOP, device_name="laptop", now=now)
        send(person, minute(1))
    his = rows_of(bob)
    assert all(rows_of(alice).values())

    erase(user_id=alice.pk)

    assert not any(rows_of(alice).values())
    assert rows_of(bob) == his
    assert set(User.objects.all()) == {bob}


@pytest.mark.parametrize("_round", range(10))
@pytest.mark.parametrize("is_known", [False, True])
def test_a_batch_at_the_same_moment(at_once, alice, bob, send, rows_of, is_known, _round):
    """It is stored and erased, or refused; neither waits for the other for ever."""

    def sent():
        # There is no such person any more, or no session of theirs.
        with suppress(IntegrityError, ConsentMissing, NotSignedIn, WrongCredentials):
            send(alice, *map(minute, range(2, 200)))

    send(bob, minute(1))
    if is_known:
        send(alice, minute(1))
    his = rows_of(bob)

    at_once(sent, partial(erase, user_id=alice.pk))

    assert not any(rows_of(alice).values())
    assert rows_of(bob) == his


def test_a_batch_stored_just_before(alice, now, send):
    """Its answer is still made, from what is no longer there."""
    send(alice, minute(1))
    device_pk = Device.objects.get().pk
    assert _advanced_watermark(device_pk) == 1

    erase(user_id=alice.pk)

    assert _advanced_watermark(device_pk) == 0
