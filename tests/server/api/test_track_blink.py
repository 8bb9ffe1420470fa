"""`trackBlink`: one message of this session's device; sending it twice is harmless."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.server.api.conftest import code_of
from tests.server.minutes import DESKTOP, LAPTOP, message_input, minute
from waw_server.blinks.models import Device, Message

TRACK = """
mutation ($input: MessageInput!) { trackBlink(input: $input) { messageId status code detail } }
"""


def _receipt(status, code=None, detail=None):
    return {
        "messageId": "00000000-0000-0000-0000-000000000001",
        "status": status,
        "code": code,
        "detail": detail,
    }


@pytest.fixture
def tracked(post, alice, signed_in):
    """Return a function that sends a message from alice's laptop and returns the answer."""
    token = signed_in(alice, LAPTOP).access

    def tracked(it, **changes):
        return post(TRACK, {"input": message_input(it, **changes)}, token)

    return tracked


def test_a_minute_is_taken(tracked, alice):
    """For the device of the session, under its name."""
    answer = tracked(minute(1))

    message = Message.objects.get()
    assert answer == {"data": {"trackBlink": _receipt("ACCEPTED")}}
    assert (message.user, message.seq, message.started_at) == (alice, 1, minute(1).started_at)
    assert (message.onsets_ms, message.durations_ms) == ([1_000, 5_000], [150, 200])
    assert (message.closures, message.fps_mean) == ([95, 60], 29.5)
    assert (message.device.device_id, message.device.name) == (LAPTOP, "laptop")


@pytest.mark.parametrize(
    "_case, second, receipt",
    [
        ("the same again", minute(1), _receipt("DUPLICATE")),
        (
            "other content",
            minute(1, seen_ms=1),
            _receipt("CONFLICT", "PAYLOAD_DIFFERS", "messageId: was stored with another content"),
        ),
        (
            "a fault",
            minute(1, seen_ms=-1),
            _receipt("REJECTED", "INVALID", "seenMs: from 0 to durationMs"),
        ),
        (
            "the last instant of all",
            minute(1, started_at=minute(1).started_at.replace(year=9999)),
            _receipt("REJECTED", "IN_FUTURE", "startedAt: has not happened yet"),
        ),
    ],
)
def test_what_becomes_of_a_second_one(tracked, rows_of, alice, _case, second, receipt):
    """The first is kept as it is."""
    tracked(minute(1))
    before = rows_of(alice)["Message"]

    answer = tracked(second)

    assert answer == {"data": {"trackBlink": receipt}}
    assert rows_of(alice)["Message"] == before


def test_another_message_under_its_number(tracked):
    tracked(minute(2, seq=1))

    assert tracked(minute(1)) == {
        "data": {"trackBlink": _receipt("CONFLICT", "SEQ_TAKEN", "seq: names another message")}
    }


@pytest.mark.parametrize("skew", [timedelta(days=1), timedelta(days=-1), timedelta(days=4000)])
def test_a_wrong_clock_is_corrected(tracked, skew):
    """By how far it is off at sending; both times are kept, and neither refuses it."""
    true = timezone.now().replace(minute=5) - timedelta(hours=1)

    answer = tracked(
        minute(1, started_at=true + skew), clientSentAt=(timezone.now() + skew).isoformat()
    )

    message = Message.objects.get()
    assert answer == {"data": {"trackBlink": _receipt("ACCEPTED")}}
    assert abs(message.started_at - true) < timedelta(seconds=30)
    assert message.device_started_at == true + skew


def test_a_minute_before_she_agreed(tracked):
    answer = tracked(minute(1, started_at=minute(1).started_at.replace(year=2025)))

    detail = "startedAt: not while consent was in force"
    assert answer == {"data": {"trackBlink": _receipt("REJECTED", "OUTSIDE_CONSENT", detail)}}
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "_case, changes",
    [
        ("a number past 32 bits", {"seq": str(2**40)}),
        ("a number as a number", {"seq": 7}),
        ("no blinks", {"onsetsMs": [], "durationsMs": [], "closures": []}),
        ("another offset", {"startedAt": "2026-03-02T13:45:00+05:45"}),
    ],
)
def test_other_ways_to_write_it(tracked, _case, changes):
    assert tracked(minute(1), **changes)["data"]["trackBlink"]["status"] == "ACCEPTED"


@pytest.mark.parametrize(
    "_case, changes, message",
    [
        ("columns of two lengths", {"closures": [95]}, "closures: 1 entries for 2 blinks"),
        ("too few lengths", {"durationsMs": []}, "durations_ms: 0 entries for 2 blinks"),
        ("no such id", {"messageId": "1"}, None),
        ("a time without an offset", {"startedAt": "2026-03-02T08:00:00"}, None),
        ("text for a number", {"durationMs": "60000"}, None),
        ("half a number", {"onsetsMs": [0.5, 1]}, None),
        ("a length past 32 bits", {"durationMs": 2**31}, None),
    ],
)
def test_what_is_no_message_is_refused(tracked, _case, changes, message):
    """With its reason, and nothing is stored."""
    answer = tracked(minute(1), **changes)

    assert code_of(answer) == "BAD_USER_INPUT"
    assert message is None or answer["errors"][0]["message"] == message
    assert not Message.objects.exists()


@pytest.mark.parametrize("who", ["dana", "charlie"])
def test_without_consent_nothing_is_kept(post, request, signed_in, who):
    """Dana withdrew hers, charlie never gave one."""
    token = signed_in(request.getfixturevalue(who)).access

    answer = post(TRACK, {"input": message_input(minute(1))}, token)

    assert code_of(answer) == "CONSENT_REQUIRED"
    assert answer["errors"][0]["message"] == ("Agree to keeping your minutes on the server first.")
    assert not Device.objects.exists()


def test_two_sessions_of_one_device_write_for_one_device(post, alice, signed_in):
    """Signing in again goes on where the device was; another device begins anew."""
    for nth, device_id in enumerate((LAPTOP, LAPTOP, DESKTOP), 1):
        token = signed_in(alice, device_id).access
        post(TRACK, {"input": message_input(minute(nth))}, token)

    found = [(it.device_id, it.messages.count()) for it in Device.objects.order_by("pk")]
    assert found == [(LAPTOP, 2), (DESKTOP, 1)]
