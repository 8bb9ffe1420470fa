"""`tally`: what is stored of one device, for the device to compare."""

import pytest
from django.utils import timezone

from tests.server.minutes import DESKTOP, LAPTOP, minute
from tests.server.senders import stored
from waw_server.blinks.models import Message

TALLY = "query ($device: UUID!) { tally(deviceId: $device) { messages watermark } }"


@pytest.fixture
def tally(post, alice, signed_in):
    """Return a function that asks for a device of alice's."""
    token = signed_in(alice).access

    def tally(device):
        return post(TALLY, {"device": str(device)}, token)["data"]["tally"]

    return tally


def _sent(person, device, *minutes):
    stored(person, *minutes, device_id=device, device_name="", at=timezone.now())


def test_each_device_for_itself(tally, alice, bob):
    """Another device, and another person's under the same id, count for nothing."""
    _sent(alice, LAPTOP, minute(1), minute(2), minute(4))
    _sent(alice, DESKTOP, minute(11, seq=1))
    _sent(bob, LAPTOP, *map(minute, range(1, 9)))

    assert tally(LAPTOP) == {"messages": 3, "watermark": "2"}
    assert tally(DESKTOP) == {"messages": 1, "watermark": "1"}


def test_a_repeated_message_counts_once(tally, alice):
    for _ in range(3):
        _sent(alice, LAPTOP, minute(1), minute(1))

    assert tally(LAPTOP) == {"messages": 1, "watermark": "1"}


def test_a_message_that_is_gone(tally, alice):
    """The count tells it, though the watermark stays."""
    _sent(alice, LAPTOP, minute(1), minute(2))
    Message.objects.get(seq=1).delete()

    assert tally(LAPTOP) == {"messages": 1, "watermark": "2"}


def test_an_unknown_device(tally, bob):
    """Nothing of it is stored; whether somebody else has it is not said."""
    _sent(bob, LAPTOP, minute(1))

    assert tally(LAPTOP) == {"messages": 0, "watermark": "0"}
