"""`syncBlinks`: a receipt for each message of a batch, in its order."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from tests.server.api.conftest import code_of
from tests.server.minutes import DESKTOP, LAPTOP, batch_input, minute
from waw_server.blinks.models import BlinkQuarter, Device, Message

SYNC = """
mutation ($input: SyncBlinksInput!) { syncBlinks(input: $input) {
    messageIds statuses codes details watermark serverTime
} }
"""


@pytest.fixture
def synced(post, alice, signed_in):
    """Return a function that sends a batch from alice's laptop and returns the answer."""
    token = signed_in(alice, LAPTOP).access

    def synced(*minutes, sent_at=None, **changes):
        it = batch_input(*minutes, sent_at=sent_at or timezone.now(), **changes)
        return post(SYNC, {"input": it}, token)

    return synced


def test_each_message_gets_a_receipt(synced):
    """One bad message, one repeated and one that clashes among good ones."""
    before = timezone.now()

    answer = synced(
        minute(2), minute(1), minute(3, seen_ms=-1), minute(2), minute(4), minute(5, seq=4)
    )["data"]["syncBlinks"]

    assert [int(each.replace("-", ""), 16) for each in answer["messageIds"]] == [2, 1, 3, 2, 4, 5]
    assert answer["statuses"] == [
        *("ACCEPTED", "ACCEPTED", "REJECTED", "DUPLICATE", "ACCEPTED", "CONFLICT")
    ]
    assert answer["codes"] == [None, None, "INVALID", None, None, "SEQ_TAKEN"]
    assert answer["details"] == [
        *(None, None, "seenMs: from 0 to durationMs"),
        *(None, None, "seq: names another message"),
    ]
    assert answer["watermark"] == "2"
    assert before <= datetime.fromisoformat(answer["serverTime"]) <= timezone.now()
    assert Message.objects.count() == BlinkQuarter.objects.get().messages == 3


def test_a_full_batch_twice(synced, rows_of, alice):
    """250 messages; the second time nothing changes but when the device was heard."""
    batch = [minute(nth) for nth in range(1, 251)]
    first = synced(*batch)["data"]["syncBlinks"]
    once = rows_of(alice)

    second = synced(*batch)["data"]["syncBlinks"]

    assert first["statuses"] == ["ACCEPTED"] * 250
    assert second["statuses"] == ["DUPLICATE"] * 250
    assert first["watermark"] == second["watermark"] == "250"
    again = rows_of(alice)
    assert again["Message"] == once["Message"]
    assert again["BlinkQuarter"] == once["BlinkQuarter"]


def test_an_empty_batch_says_hello(synced):
    """The receipts are empty, and the device learns its watermark."""
    answer = synced()["data"]["syncBlinks"]

    assert (answer["messageIds"], answer["statuses"], answer["watermark"]) == ([], [], "0")


def test_the_name_is_of_the_sessions_device_only(synced):
    """Another device's backlog, sent from here, does not take this one's name."""
    synced(minute(1))
    synced(minute(2), deviceId=str(DESKTOP))

    found = [(it.device_id, it.name) for it in Device.objects.order_by("pk")]
    assert found == [(LAPTOP, "laptop"), (DESKTOP, "")]


def test_a_wrong_clock_is_corrected(synced):
    """By the age where it is known, else by how far it is off at sending."""
    skew = timedelta(days=-500)
    true = timezone.now().replace(minute=5) - timedelta(hours=1)

    synced(
        minute(
            1, started_at=true + skew, age_ms=(timezone.now() - true) // timedelta(milliseconds=1)
        ),
        minute(2, started_at=true + skew),
        sent_at=timezone.now() + skew,
    )

    for message in Message.objects.all():
        assert abs(message.started_at - true) < timedelta(seconds=30)
        assert message.device_started_at == true + skew


@pytest.mark.parametrize(
    "version, code", [(0, "UPGRADE_REQUIRED"), (-1, "UPGRADE_REQUIRED"), (2, "SERVER_OUTDATED")]
)
def test_a_tracker_of_another_version_keeps_its_queue(synced, version, code):
    """Nothing is stored, and the answer says which side has to be upgraded."""
    answer = synced(minute(1), schemaVersion=version)

    assert code_of(answer) == code
    assert not Device.objects.exists()


@pytest.mark.parametrize(
    "_case, changes, message",
    [
        ("a column cut", {"seqs": []}, "seqs: 0 entries for 1 messages"),
        ("a column too long", {"agesMs": [-1, -1]}, "ages_ms: 2 entries for 1 messages"),
        ("blinks missing", {"blinkCounts": [3]}, "onsets_ms: 2 entries for 3 blinks"),
        ("a negative count", {"blinkCounts": [-1]}, "blink_counts: negative"),
        ("no device", {"deviceId": None}, None),
        ("a column that is a number", {"seenMs": 50_000}, None),
        ("half a number in a column", {"seenMs": [0.5]}, None),
        ("null in a column", {"onsetsMs": [None, 1]}, None),
        ("text in a column", {"closures": ["95", "60"]}, None),
        ("a number past 64 bits in a column", {"onsetsMs": [2**63, 1]}, None),
        ("no number of messages", {"fpsMeans": ["fast"]}, None),
        ("a time without an offset", {"startedAts": ["2026-03-02T08:00:00"]}, None),
    ],
)
def test_a_batch_that_does_not_hold_together_is_refused(synced, _case, changes, message):
    """Whole, with its reason; the tracker halves it until the culprit stands alone."""
    answer = synced(minute(1), **changes)

    assert code_of(answer) == "BAD_USER_INPUT"
    assert message is None or answer["errors"][0]["message"] == message
    assert not Message.objects.exists()


def test_more_than_250_messages_are_refused(synced):
    answer = synced(*(minute(nth) for nth in range(1, 252)))

    assert answer["errors"][0]["message"] == ("messageIds: 251 messages, at most 250 in a batch")
    assert not Message.objects.exists()


@pytest.mark.parametrize("column", ["agesMs", "onsetsMs", "durationsMs", "closures", "seenMs"])
@pytest.mark.parametrize("value", [2**63 - 1, -(2**63), 40_000_000_000])
def test_one_wild_number_harms_only_its_message(synced, column, value):
    """Any 64-bit number passes the scalar; the neighbours are taken all the same."""
    them = batch_input(minute(1), minute(2), minute(3), sent_at=timezone.now())
    place = len(them[column]) // 3  # the second message's first entry
    them[column][place] = value

    answer = synced(minute(1), minute(2), minute(3), **{column: them[column]})

    assert answer["data"]["syncBlinks"]["statuses"] == ["ACCEPTED", "REJECTED", "ACCEPTED"]


@pytest.mark.parametrize("who", ["dana", "charlie"])
def test_without_consent_nothing_is_kept(post, request, signed_in, who):
    token = signed_in(request.getfixturevalue(who)).access

    answer = post(SYNC, {"input": batch_input(minute(1), sent_at=timezone.now())}, token)

    assert code_of(answer) == "CONSENT_REQUIRED"
    assert not Device.objects.exists()
