"""`blinkUpdates`: one's own figures, now and as they change, never more than once a second."""

import asyncio
import time
from itertools import pairwise

import pytest
from django.db import connection

from tests.server.sockets import opened, recorded
from waw_server.api.live import changes

PAUSE_S = 0.2


def heard(states, *, told_at_s=(), for_s, look_anyway_s=60.0):
    """Return what `changes` yields of states that are read one after the other, and when."""

    async def listen():
        told, left, found = asyncio.Event(), list(states), []
        began_s = time.monotonic()

        async def read():
            return left.pop(0) if len(left) > 1 else left[0]

        async def gather():
            async for state in changes(read, told, PAUSE_S, look_anyway_s):
                found.append((state, time.monotonic() - began_s))  # noqa: PERF401 - cut short

        for at_s in told_at_s:
            asyncio.get_running_loop().call_later(at_s, told.set)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(gather(), for_s)
        return found

    return asyncio.run(listen())


def test_the_present_state_comes_at_once():
    ((state, at_s),) = heard(["now"], for_s=0.5)

    assert (state, at_s < 0.1) == ("now", True)


def test_a_change_comes_at_once_if_it_was_quiet():
    (_, (state, at_s)) = heard(["a", "b"], told_at_s=[0.4], for_s=0.6)

    assert state == "b"
    assert 0.4 <= at_s < 0.5


def test_several_in_a_pause_come_as_one_after_it():
    """The last state is not lost, and no pause is shortened."""
    found = heard(["a", "b", "c"], told_at_s=[0.01, 0.02, 0.1], for_s=0.7)

    assert [state for state, _ in found] == ["a", "b"]
    assert PAUSE_S <= found[1][1] < PAUSE_S + 0.1


def test_told_without_end_it_keeps_the_pace():
    told = [n * 0.01 for n in range(100)]

    found = heard(range(1000), told_at_s=told, for_s=1.05)

    assert 4 <= len(found) <= 6
    assert all(b - a >= PAUSE_S for (_, a), (_, b) in pairwise(found))


def test_what_did_not_change_is_not_said_again():
    """And costs no pause: what changes just after it comes at once."""
    found = heard(["a", "a", "b"], told_at_s=[0.3, 0.35], for_s=0.45)

    assert [state for state, _ in found] == ["a", "b"]
    assert found[1][1] < 0.4


def test_it_looks_by_itself_now_and_then():
    """A notice that was lost, or midnight, for which there is none."""
    found = heard(["a", "b"], for_s=0.6, look_anyway_s=0.1)

    assert [state for state, _ in found] == ["a", "b"]


def test_alice_sees_a_message_arrive(live, alice, signed_in):
    with opened(live, signed_in(alice).access) as listener:
        listener.subscribe()
        before = listener.update()
        recorded(alice, 1)
        after = listener.update()

    nothing = {"blinks": 0, "messages": 0, "seenMs": "0", "blinksPerMin": None}
    assert before == {"deviceName": None, "latestSyncAt": None, "today": nothing}
    assert after["today"] == {"blinks": 2, "messages": 1, "seenMs": "50000", "blinksPerMin": 2.4}
    assert after["deviceName"] == "laptop"
    assert after["latestSyncAt"] is not None


def test_each_of_her_sessions_does(live, alice, signed_in):
    with (
        opened(live, signed_in(alice).access) as one,
        opened(live, signed_in(alice).access) as other,
    ):
        for listener in (one, other):
            listener.subscribe()
            assert listener.blinks() == 0
        recorded(alice, 1)

        assert (one.blinks(), other.blinks()) == (2, 2)


def test_bob_hears_nothing_of_it(live, alice, bob, signed_in):
    with opened(live, signed_in(bob).access) as listener:
        listener.subscribe()
        assert listener.blinks() == 0
        recorded(alice, 1)

        assert listener.is_quiet()


def test_a_retry_is_no_news(live, alice, signed_in):
    """Nothing changed, so nobody is told."""
    recorded(alice, 1)
    with opened(live, signed_in(alice).access) as listener:
        listener.subscribe()
        assert listener.blinks() == 2
        recorded(alice, 1)

        assert listener.is_quiet()


def test_several_subscriptions_of_a_socket(live, alice, signed_in):
    """One ends, the other goes on."""
    with opened(live, signed_in(alice).access) as listener:
        for key in "12":
            listener.subscribe(key=key)
            assert listener.blinks() == 0
        listener.send({"id": "1", "type": "complete"})
        recorded(alice, 1)

        assert listener.heard()["id"] == "2"
        assert listener.is_quiet()


def test_an_unknown_time_zone(live, alice, signed_in):
    with opened(live, signed_in(alice).access) as listener:
        listener.subscribe(variables={"zone": "Nowhere/Land"})

        (error,) = listener.heard()["payload"]["errors"]
        assert error["extensions"] == {"code": "BAD_USER_INPUT"}
        assert listener.heard() == {"id": "1", "type": "complete"}


@pytest.fixture
def without_devices(transactional_db):
    """Return a function that hides a table, and bring it back."""
    with connection.cursor() as cursor:
        yield lambda: cursor.execute("ALTER TABLE blinks_device RENAME TO gone")
        cursor.execute("ALTER TABLE gone RENAME TO blinks_device")


def test_what_was_not_foreseen_is_masked(live, alice, signed_in, without_devices, caplog):
    with opened(live, signed_in(alice).access) as listener:
        without_devices()
        listener.subscribe()
        (error,) = listener.heard()["payload"]["errors"]

    assert error["message"] == "Something went wrong on our side."
    assert error["extensions"]["code"] == "INTERNAL"
    assert f"unforeseen error {error['extensions']['errorId']}" in caplog.text
