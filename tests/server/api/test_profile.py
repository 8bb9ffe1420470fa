"""`profile`: who I am, what I agreed to, my devices and my day."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from tests.server.api.conftest import code_of
from tests.server.minutes import DESKTOP, LAPTOP, minute
from tests.server.senders import stored
from waw_server.blinks.models import Device

PROFILE = """
query ($zone: String! = "UTC") { profile {
    id email displayName latestSyncAt
    consents { purpose textHash grantedAt withdrawnAt }
    devices { id name latestSyncAt watermark }
    today(timeZone: $zone) {
        messages blinks partialBlinks longClosures closedMs seenMs blinksPerMin
    }
} }
"""


def _noon_zone():
    """Return a zone where it is about noon: no midnight comes between."""
    return f"Etc/GMT{timezone.now().hour - 12:+d}"


def _record(user, *minutes, device_id=LAPTOP, at=None):
    at = at or timezone.now()
    stored(user, *minutes, device_id=device_id, at=at)


def test_somebody_new(post, alice, signed_in):
    """No data is null or empty, never a rate of zero."""
    answer = post(PROFILE, token=signed_in(alice).access)

    assert answer["data"]["profile"] == {
        "id": str(alice.pk),
        "email": "alice@example.com",
        "displayName": "Alice",
        "latestSyncAt": None,
        "consents": [
            {
                "purpose": "CLOUD_SYNC",
                "textHash": "a" * 64,
                "grantedAt": "2026-01-31T09:00:00Z",
                "withdrawnAt": None,
            }
        ],
        "devices": [],
        "today": {
            "messages": 0,
            "blinks": 0,
            "partialBlinks": 0,
            "longClosures": 0,
            "closedMs": "0",
            "seenMs": "0",
            "blinksPerMin": None,
        },
    }


def test_her_day(post, alice, bob, signed_in):
    """Her figures since midnight where she is, not bob's and not last month's."""
    just_now = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    for user in (alice, bob):
        _record(user, minute(1, started_at=just_now), minute(2))

    answer = post(PROFILE, {"zone": _noon_zone()}, signed_in(alice).access)

    assert answer["data"]["profile"]["today"] == {
        "messages": 1,
        "blinks": 2,
        "partialBlinks": 1,
        "longClosures": 1,
        "closedMs": "900",
        "seenMs": "50000",
        "blinksPerMin": 2.4,
    }


def test_her_devices(post, alice, now, signed_in):
    """The first one first, with how far each has come; the latest sync is that of any."""
    _record(alice, minute(1), minute(2), at=now)
    _record(alice, minute(3), device_id=DESKTOP, at=now + timedelta(hours=1))

    profile = post(PROFILE, token=signed_in(alice).access)["data"]["profile"]

    assert profile["devices"] == [
        {
            "id": str(LAPTOP),
            "name": "laptop",
            "latestSyncAt": "2026-03-02T09:00:00Z",
            "watermark": "2",
        },
        {
            "id": str(DESKTOP),
            "name": "laptop",
            "latestSyncAt": "2026-03-02T10:00:00Z",
            "watermark": "0",
        },
    ]
    assert profile["latestSyncAt"] == "2026-03-02T10:00:00Z"


def test_a_device_that_never_synced(post, alice, signed_in):
    """It is shown, with null for the time."""
    Device.objects.create(user=alice, device_id=LAPTOP)

    profile = post(PROFILE, token=signed_in(alice).access)["data"]["profile"]

    assert (profile["devices"][0]["latestSyncAt"], profile["latestSyncAt"]) == (None, None)


def test_what_dana_withdrew_is_still_shown(post, dana, signed_in):
    profile = post(PROFILE, token=signed_in(dana).access)["data"]["profile"]

    assert [it["withdrawnAt"] for it in profile["consents"]] == ["2026-03-01T09:00:00Z"]


@pytest.mark.parametrize("zone", ["", "Mars", "Europe/Nowhere"])
def test_a_zone_that_there_is_not(post, alice, signed_in, zone):
    answer = post(PROFILE, {"zone": zone}, signed_in(alice).access)

    assert code_of(answer) == "BAD_USER_INPUT"
    assert answer["errors"][0]["message"] == f"timeZone: no such time zone: {zone}"


def test_as_many_statements_for_many_devices(post, alice, signed_in, django_assert_max_num_queries):
    token = signed_in(alice).access
    zone = ZoneInfo("UTC").key
    post(PROFILE, {"zone": zone}, token)
    for nth in range(1, 20):
        _record(alice, minute(nth), device_id=minute(nth).message_id)

    with django_assert_max_num_queries(6):
        post(PROFILE, {"zone": zone}, token)
