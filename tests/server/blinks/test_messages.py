"""Each message is judged alone: what is refused, which clock is believed, what is sealed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.server.minutes import START, columns, minute
from waw_server.blinks.messages import (
    Fault,
    Malformed,
    corrected,
    judge,
    quarter_of,
    require_even,
)

NOW = START + timedelta(hours=1)
SECOND = timedelta(seconds=1)
LATEST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
EARLIEST = datetime(1, 1, 1, tzinfo=UTC)


class InOrder(NamedTuple):
    """What is found of one message in order."""

    first: int
    last: int
    started_at: datetime
    partial_blinks: int
    blink_ms: int
    payload_hash: bytes


def _judged(*minutes, sent_at=None, received_at=NOW):
    """Return what is found of each message."""
    it = judge(columns(*minutes), sent_at=sent_at, received_at=received_at)
    found = zip(
        *(it.firsts, it.lasts, it.started_at, it.partial_blinks, it.blink_ms, it.payload_hashes),
        strict=True,
    )
    return [it.faults.get(place) or InOrder(*each) for place, each in enumerate(found)]


def _moved_to_front(found):
    return (
        found._replace(first=0, last=found.last - found.first)
        if isinstance(found, InOrder)
        else found
    )


@st.composite
def _any_minute(draw):
    """Draw a message that is often in order, and often just not."""
    near = st.sampled_from([-1, 0, 1, 99, 100, 101, 1000, 1001, 59_999, 60_000, 60_001])
    usual = {"duration_ms": 60_000, "seen_ms": 100, "closed_ms": 0, "long_closures": 0}
    changes = draw(st.dictionaries(st.sampled_from(sorted(usual)), near, max_size=1))
    blinks = draw(st.lists(st.tuples(near, near, near), max_size=4))
    if draw(st.booleans()):
        blinks = [(1000 * nth, 100, draw(st.integers(0, 100))) for nth in range(len(blinks))]
    return minute(
        draw(st.integers(1, 70)),
        **{**usual, **changes},
        fps_mean=draw(st.sampled_from([0.0, 30.0, 1000.5, float("nan")])),
        age_ms=draw(st.sampled_from([-2, -1, 0, 3_600_000, 10**12, 2**62])),
        blinks=tuple(blinks),
    )


def test_a_message_in_order():
    """Its place in the flat columns and what is stored beside it are found."""
    first, second = _judged(
        minute(1), minute(2, blinks=((0, 100, 79), (100, 1000, 80), (2000, 1, 0)))
    )

    assert (first.first, first.last) == (0, 2)
    assert (first.started_at, first.partial_blinks, first.blink_ms) == (START, 1, 350)
    assert (second.first, second.last) == (2, 5)
    assert (second.partial_blinks, second.blink_ms) == (2, 1101)
    assert len(first.payload_hash) == 16


@pytest.mark.parametrize(
    "_case, changes",
    [
        ("nothing seen, no blinks", {"seen_ms": 0, "closed_ms": 0, "blinks": ()}),
        ("the shortest", {"duration_ms": 1, "seen_ms": 1, "closed_ms": 1, "blinks": ()}),
        ("seen and closed throughout", {"seen_ms": 60_000, "closed_ms": 60_000}),
        ("the greatest number", {"seq": 2**63 - 1}),
        ("as many long closures as fit", {"long_closures": 121}),
        ("a fast camera", {"fps_mean": 1000.0}),
        ("no frames", {"fps_mean": 0.0}),
        ("blinks without a gap", {"blinks": ((0, 10, 90), (10, 10, 90))}),
        ("a blink over the end", {"blinks": ((59_999, 1000, 90),)}),
        ("the oldest", {"started_at": datetime(2020, 1, 1, tzinfo=UTC)}),
        (
            "ten seconds ahead",
            {"started_at": NOW, "duration_ms": 10_000, "seen_ms": 10_000},
        ),
        (
            "the end of a quarter",
            {"started_at": START + timedelta(minutes=14, seconds=59), "duration_ms": 1000}
            | {"seen_ms": 1000, "long_closures": 0, "blinks": ()},
        ),
    ],
)
def test_what_is_just_in_order(_case, changes):
    """The bounds themselves are allowed."""
    (found,) = _judged(minute(1, **changes))

    assert isinstance(found, InOrder)


@pytest.mark.parametrize(
    "_case, changes, code, detail",
    [
        ("number zero", {"seq": 0}, "INVALID", "seq: from 1 to 2^63 - 1"),
        ("number too great", {"seq": 2**63}, "INVALID", "seq: from 1 to 2^63 - 1"),
        ("no length", {"duration_ms": 0}, "INVALID", "durationMs: from 1 to 60000"),
        ("too long", {"duration_ms": 60_001}, "INVALID", "durationMs: from 1 to 60000"),
        ("seen longer than it is", {"seen_ms": 60_001}, "INVALID", "seenMs: from 0 to durationMs"),
        ("seen less than nothing", {"seen_ms": -1}, "INVALID", "seenMs: from 0 to durationMs"),
        ("closed too long", {"closed_ms": 60_001}, "INVALID", "closedMs: from 0 to durationMs"),
        ("closed negative", {"closed_ms": -1}, "INVALID", "closedMs: from 0 to durationMs"),
        ("long closures", {"long_closures": 122}, "INVALID", "longClosures: too many"),
        ("long closures negative", {"long_closures": -1}, "INVALID", "longClosures: too many"),
        ("frames negative", {"fps_mean": -0.1}, "INVALID", "fpsMean: from 0 to 1000"),
        ("frames too many", {"fps_mean": 1000.1}, "INVALID", "fpsMean: from 0 to 1000"),
        ("frames no number", {"fps_mean": float("nan")}, "INVALID", "fpsMean: from 0 to 1000"),
        ("age below -1", {"age_ms": -2}, "INVALID", "ageMs: -1, or milliseconds"),
        ("age too great", {"age_ms": 10**12}, "INVALID", "ageMs: -1, or milliseconds"),
        ("age before the year 1", {"age_ms": 10**14}, "INVALID", "ageMs: -1, or milliseconds"),
        ("age past all time", {"age_ms": 2**62}, "INVALID", "ageMs: -1, or milliseconds"),
        (
            "a blink of no length",
            {"blinks": ((0, 0, 90),)},
            "INVALID",
            "durationsMs: from 1 to 1000",
        ),
        (
            "a blink of more than a second",
            {"blinks": ((0, 1001, 90),)},
            "INVALID",
            "durationsMs: from 1 to 1000",
        ),
        ("closed over all", {"blinks": ((0, 100, 101),)}, "INVALID", "closures: from 0 to 100"),
        ("closed under nothing", {"blinks": ((0, 100, -1),)}, "INVALID", "closures: from 0 to 100"),
        (
            "onset negative",
            {"blinks": ((-1, 100, 90),)},
            "INVALID",
            "onsetsMs: negative, out of order or overlapping",
        ),
        (
            "onsets out of order",
            {"blinks": ((500, 100, 90), (0, 100, 90))},
            "INVALID",
            "onsetsMs: negative, out of order or overlapping",
        ),
        (
            "blinks overlapping",
            {"blinks": ((0, 101, 90), (100, 100, 90))},
            "INVALID",
            "onsetsMs: negative, out of order or overlapping",
        ),
        (
            "a blink after the end",
            {"blinks": ((60_000, 100, 90),)},
            "INVALID",
            "onsetsMs: after the message's end",
        ),
        (
            "over a quarter of an hour",
            {"started_at": START + timedelta(minutes=14, milliseconds=1)},
            "INVALID",
            "startedAt: the message spans two quarters of an hour",
        ),
        (
            "before there were trackers",
            {"started_at": datetime(2019, 12, 31, 23, 59, tzinfo=UTC)},
            "INVALID",
            "startedAt: before 2020",
        ),
        ("thirty years ago", {"age_ms": 10**12 - 1}, "INVALID", "startedAt: before 2020"),
        ("the first instant of all", {"started_at": EARLIEST}, "INVALID", "startedAt: before 2020"),
        (
            "more than ten seconds ahead",
            {"started_at": NOW - timedelta(seconds=49, milliseconds=999)},
            "IN_FUTURE",
            "startedAt: has not happened yet",
        ),
        (
            "the last instant of all",
            {"started_at": LATEST},
            "IN_FUTURE",
            "startedAt: has not happened yet",
        ),
    ],
)
def test_each_fault_is_named(_case, changes, code, detail):
    """The neighbours of a faulty message are taken."""
    before, found, after = _judged(minute(1), minute(2, **changes), minute(3))

    assert found == Fault(code, detail)
    assert (before.first, before.last) == (0, 2)
    assert after.last - after.first == 2


@pytest.mark.parametrize(
    "_case, second, expected",
    [
        ("its minute is whole", 0, None),
        ("it would end after all time", 59, "startedAt: the message spans two quarters of an hour"),
    ],
)
def test_a_clock_at_the_end_of_time(_case, second, expected):
    """Where the age is known the message is judged as any other: skew alone is no fault."""
    (found,) = _judged(minute(1, started_at=LATEST.replace(second=second), age_ms=60_000))

    if expected is None:
        assert isinstance(found, InOrder)
        assert found.started_at == NOW - timedelta(minutes=1)
    else:
        assert found == Fault("INVALID", expected)


HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    "_case, started_at, age_ms, sent_at, expected",
    [
        ("age known, clock right", START, HOUR_MS, NOW, START),
        ("age known, clock an hour slow", START - 3600 * SECOND, HOUR_MS, NOW, START),
        ("age known, clock a year fast", START + 365 * 86400 * SECOND, HOUR_MS, None, START),
        ("age known beats the sending time", START, HOUR_MS, NOW - 600 * SECOND, START),
        ("just now", NOW - 5 * SECOND, 0, None, NOW),
        ("two seconds on the wire", START, HOUR_MS - 2000, NOW, START),
        ("more than two seconds", START, HOUR_MS - 2001, NOW, START + timedelta(seconds=2.001)),
        ("two seconds slow", START - 2 * SECOND, HOUR_MS, NOW, START - 2 * SECOND),
        ("restarted, clock right", START, -1, NOW, START),
        ("restarted, 2 s slow", START, -1, NOW - 2 * SECOND, START),
        ("restarted, 3 s slow", START, -1, NOW - 3 * SECOND, START + 3 * SECOND),
        ("restarted, a day fast", START, -1, NOW + 86400 * SECOND, START - 86400 * SECOND),
        ("nothing known", START, -1, None, START),
        ("shifted past all time", LATEST, -1, EARLIEST, LATEST),
        ("shifted before all time", EARLIEST, -1, LATEST, EARLIEST),
    ],
)
def test_which_clock_is_believed(_case, started_at, age_ms, sent_at, expected):
    assert corrected(started_at, age_ms, sent_at=sent_at, received_at=NOW) == expected


@given(
    true=st.integers(0, 10**8).map(lambda s: START - timedelta(seconds=s)),
    skew_s=st.integers(-(10**8), 10**8),
    wire_ms=st.integers(0, 2000),
    age_ms=st.integers(0, 10**9),
    is_restarted=st.booleans(),
)
def test_a_wrong_clock_costs_two_seconds_at_most(true, skew_s, wire_ms, age_ms, is_restarted):
    """However wrong it is, the corrected time is off by no more than the wire took, or 2 s."""
    skew = timedelta(seconds=skew_s)
    sent = true + timedelta(milliseconds=age_ms)

    found = corrected(
        true + skew,
        -1 if is_restarted else age_ms,
        sent_at=sent + skew,
        received_at=sent + timedelta(milliseconds=wire_ms),
    )

    assert abs(found - true) <= timedelta(seconds=4)


@given(
    age_s=st.integers(0, 29 * 86_400),
    skew_s=st.integers(-86_400, 86_400) | st.integers(-(10**8), 10**8),
    wire_ms=st.integers(0, 2000),
    is_restarted=st.booleans(),
)
def test_no_skew_is_refused(age_s, skew_s, wire_ms, is_restarted):
    """A clock a day off, or years, is corrected, and the message is taken."""
    skew = timedelta(seconds=skew_s)
    sent = NOW - timedelta(milliseconds=wire_ms)
    true = sent - timedelta(seconds=age_s)
    short = minute(1, duration_ms=1, seen_ms=1, long_closures=0, closed_ms=0, blinks=())

    (found,) = _judged(
        replace(short, started_at=true + skew, age_ms=-1 if is_restarted else age_s * 1000),
        sent_at=sent + skew,
    )

    assert not isinstance(found, Fault)
    assert abs(found.started_at - true) <= timedelta(seconds=4)


@pytest.mark.parametrize(
    "_case, step, age_ms, ago, expected",
    [
        ("set back an hour, running on", -60, 10 * 60_000, 10, None),
        ("set forth an hour, running on", 60, 10 * 60_000, 10, None),
        ("set back an hour, restarted, yesterday's", -60, -1, 24 * 60, None),
        ("set forth an hour, restarted", 60, -1, 10, None),
        ("set back an hour, restarted, just now", -60, -1, 10, "IN_FUTURE"),
    ],
)
def test_a_clock_set_between_measuring_and_sending(_case, step, age_ms, ago, expected):
    """It is refused only where even the corrected time has not come yet."""
    minutes = timedelta(minutes=1)

    (found,) = _judged(
        minute(1, started_at=NOW - ago * minutes - step * minutes, age_ms=age_ms), sent_at=NOW
    )

    assert getattr(found, "code", None) == expected


@pytest.mark.parametrize(
    "_case, instant, quarter",
    [
        ("its begin", START, START),
        ("its last moment", START + timedelta(microseconds=899_999_999), START),
        ("the next", START + timedelta(minutes=15), START + timedelta(minutes=15)),
        (
            "another zone",
            datetime.fromisoformat("2026-03-02T13:52:00+05:45"),
            datetime(2026, 3, 2, 8, 0, tzinfo=UTC),
        ),
    ],
)
def test_the_quarter_of_an_instant(_case, instant, quarter):
    assert quarter_of(instant) == quarter


SEALED = minute(1)


def _hash_of(it):
    (found,) = _judged(it)
    return found.payload_hash


@pytest.mark.parametrize(
    "_case, changes",
    [
        ("started_at", {"started_at": START + timedelta(milliseconds=1)}),
        ("duration_ms", {"duration_ms": 59_999}),
        ("seen_ms", {"seen_ms": 49_999}),
        ("fps_mean", {"fps_mean": 29.500001}),
        ("long_closures", {"long_closures": 2}),
        ("closed_ms", {"closed_ms": 901}),
        ("an onset", {"blinks": ((1_001, 150, 95), (5_000, 200, 60))}),
        ("a duration", {"blinks": ((1_000, 151, 95), (5_000, 200, 60))}),
        ("a closure", {"blinks": ((1_000, 150, 95), (5_000, 200, 61))}),
        ("one blink less", {"blinks": ((1_000, 150, 95),)}),
        ("no blinks", {"blinks": ()}),
        ("onset and closure swapped", {"blinks": ((95, 150, 100), (5_000, 200, 60))}),
    ],
)
def test_the_hash_covers_what_was_sealed(_case, changes):
    assert _hash_of(replace(SEALED, **changes)) != _hash_of(SEALED)


@pytest.mark.parametrize(
    "_case, changes",
    [
        ("a cloned install renumbers", {"seq": 9}),
        ("the second attempt is older", {"age_ms": HOUR_MS}),
    ],
)
def test_the_hash_leaves_out_what_a_retry_changes(_case, changes):
    assert _hash_of(replace(SEALED, **changes)) == _hash_of(SEALED)


def test_the_hash_is_of_the_message_alone():
    """Its place in a batch and its neighbours do not matter."""
    alone = _hash_of(minute(2))
    _, among, _ = _judged(minute(1, blinks=()), minute(2), minute(3))

    assert among.payload_hash == alone


def test_the_hash_is_what_it_always_was():
    """It is compared with those that are stored: a new one would make each retry a conflict."""
    assert _hash_of(minute(1)).hex() == "fed0aa56d72cad0fc7764e59b1a7d48d"
    assert _hash_of(minute(2, blinks=())).hex() == "266a1242eaff1550c3a930362410d3c4"


@given(batch=st.lists(_any_minute(), max_size=8))
def test_a_neighbour_changes_nothing(batch):
    """Whatever else is in the batch, a message is judged as if it came alone."""
    together = _judged(*batch)

    for it, found in zip(batch, together, strict=True):
        (alone,) = _judged(it)
        assert _moved_to_front(found) == alone


def test_even_columns_pass():
    require_even(columns())
    require_even(columns(*(minute(seq) for seq in range(1, 251))))


@pytest.mark.parametrize(
    "name, problem",
    [
        ("message_ids", "seqs: 2 entries for 1 messages"),
        ("seqs", "seqs: 1 entries for 2 messages"),
        ("started_at", "started_at: 1 entries for 2 messages"),
        ("ages_ms", "ages_ms: 1 entries for 2 messages"),
        ("message_durations_ms", "message_durations_ms: 1 entries for 2 messages"),
        ("seen_ms", "seen_ms: 1 entries for 2 messages"),
        ("fps_means", "fps_means: 1 entries for 2 messages"),
        ("long_closures", "long_closures: 1 entries for 2 messages"),
        ("closed_ms", "closed_ms: 1 entries for 2 messages"),
        ("blink_counts", "blink_counts: 1 entries for 2 messages"),
        ("onsets_ms", "onsets_ms: 3 entries for 4 blinks"),
        ("durations_ms", "durations_ms: 3 entries for 4 blinks"),
        ("closures", "closures: 3 entries for 4 blinks"),
    ],
)
def test_a_column_too_short_is_named(name, problem):
    """A batch cut on its way is refused whole: nobody can tell what belongs to what."""
    even = columns(minute(1), minute(2))

    with pytest.raises(Malformed) as refused:
        require_even(replace(even, **{name: getattr(even, name)[:-1]}))
    assert str(refused.value) == problem


@pytest.mark.parametrize(
    "_case, uneven, problem",
    [
        (
            "251 messages",
            columns(*(minute(seq) for seq in range(1, 252))),
            "messageIds: 251 messages, at most 250 in a batch",
        ),
        (
            "a negative count that adds up",
            replace(columns(minute(1), minute(2)), blink_counts=[5, -1]),
            "blink_counts: negative",
        ),
        (
            "a column too long",
            replace(columns(minute(1)), message_ids=[UUID(int=1)], seen_ms=[1, 2]),
            "seen_ms: 2 entries for 1 messages",
        ),
    ],
)
def test_other_uneven_batches(_case, uneven, problem):
    with pytest.raises(Malformed) as refused:
        require_even(uneven)
    assert str(refused.value) == problem
