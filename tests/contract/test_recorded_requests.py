"""What a tracker ever sent goes on working: its own bytes against the real view."""

import json

import pytest
from django.test import Client
from django.utils import timezone

from tests.contract.record_requests import (
    DEVICE,
    REQUESTS,
    operation_of,
    recorded,
    recordings,
    shape_of,
)
from waw_server.accounts.services import begin_session
from waw_server.blinks.models import Message
from waw_server.blinks.versions import NEWEST, TAKEN_BEFORE

RECORDINGS = sorted(REQUESTS.glob("*.json"))

# What each operation brings at least; a recorded token is one of no session here.
ANSWERS: dict[str, dict[str, object]] = {
    "grantConsent": {"textHash": "5e" * 32},
    "health": {"status": "ok"},
    "login": {"__typename": "LoginSuccess", "accessExpiresInS": 300},
    "logout": {"sessionsEnded": 1},
    "profile": {"email": "alice@example.com", "displayName": "Alice"},
    "refreshSession": {"__typename": "SessionEnded"},
    "syncBlinks": {"statuses": ["ACCEPTED", "ACCEPTED"], "codes": [None, None]},
    "tally": {"messages": 0, "watermark": "0"},
    "trackBlink": {"status": "ACCEPTED", "code": None},
    "withdrawConsent": {"purpose": "CLOUD_SYNC"},
}


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_every_recorded_request_works(alice, path):
    """It is answered without an error, and with what it asked for."""
    operation = operation_of(path.read_bytes())
    session = begin_session(user=alice, device_id=DEVICE, device_name="", now=timezone.now())

    reply = Client().post(
        "/graphql",
        path.read_bytes(),
        content_type="application/json",
        headers={"Authorization": f"Bearer {session.access}"},
    )

    answer = reply.json()
    assert "errors" not in answer, answer
    assert ANSWERS[operation].items() <= answer["data"][operation].items()


@pytest.mark.parametrize("path", recordings("syncBlinks"), ids=lambda path: path.stem)
def test_a_recorded_batch_is_stored_as_it_was_measured(alice, path):
    """Each field arrives in its column."""
    session = begin_session(user=alice, device_id=DEVICE, device_name="", now=timezone.now())
    Client().post(
        "/graphql",
        path.read_bytes(),
        content_type="application/json",
        headers={"Authorization": f"Bearer {session.access}"},
    )

    for seq, it in enumerate(Message.objects.order_by("seq"), start=1):
        assert (it.seq, it.duration_ms, it.seen_ms, it.fps_mean) == (seq, 60_000, 58_500, 29.97)
        assert (it.onsets_ms, it.durations_ms) == ([1000, 21_500], [180, 240])
        assert (it.closures, it.long_closures, it.closed_ms) == ([97, 61], 1, 640)
        assert f"{it.device_started_at:%Y-%m-%dT%H:%M:%S}" == f"2026-03-02T08:0{seq}:00"
    assert Message.objects.count() == 2


def test_what_the_tracker_sends_today_is_recorded():
    """After a change to a document run `python -m tests.contract.record_requests`."""
    latest = {name: shape_of(recordings(name)[-1].read_bytes()) for name in ANSWERS}

    assert latest == {name: shape_of(body) for name, body in recorded().items()}


def test_every_version_that_is_taken_is_recorded():
    """The mechanism of versions has something to hold on to."""
    batches = [json.loads(path.read_bytes()) for path in recordings("syncBlinks")]
    versions = {batch["variables"]["input"]["schemaVersion"] for batch in batches}

    assert versions >= set(range(max(1, NEWEST - TAKEN_BEFORE), NEWEST + 1))
