"""Readings become messages: nothing lost, nothing doubled, cut at round times."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waw_desktop.core.messages import Draft, Offset, advance, begin, finish, seal, uuid7
from waw_desktop.core.readings import Closure, Kind, Reading, State

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NINE_MS = int(NINE.timestamp() * 1000)
BOOT = "boot"


def offset(wall_ms=NINE_MS, session_ms=5000):
    return Offset(wall_ms, session_ms, BOOT)


def reading(t_s, *closures, state=State.TRACKING, settled_s=None):
    return Reading(t_s, state, 1.0, closures, t_s if settled_s is None else settled_s)


def closure(start_s, end_s, completeness=0.9, kind=Kind.COMPLETE):
    return Closure(start_s, (start_s + end_s) / 2, end_s, completeness, kind)


def record(readings, seal_s=60, offsets=None):
    """Return all messages, those sealed on the way and those at the end."""
    state = begin(seal_s)
    drafts: list[Draft] = []
    for i, each in enumerate(readings):
        state, done = advance(state, each, offsets[i] if offsets else offset())
        drafts += done
    drafts += finish(state)
    return [seal(draft, UUID(int=i)) for i, draft in enumerate(drafts)]


def sealed_early(readings, seal_s=60):
    """Return how many messages are sealed before the end."""
    state, count = begin(seal_s), 0
    for each in readings:
        state, done = advance(state, each, offset())
        count += len(done)
    return count


def ticks(until_s, step_s=0.5, from_s=0.0, **more):
    count = round((until_s - from_s) / step_s)
    return [reading(from_s + i * step_s, **more) for i in range(count + 1)]


def test_a_minute_of_tracking():
    """A message holds when it began, how long it was seen, and each blink."""
    blinks = [reading(30.0, closure(20, 20.2), closure(21, 21.3, 0.456, Kind.PARTIAL))]

    (first, _rest) = record([*ticks(29.5), *blinks, *ticks(60.5, from_s=30.5)])

    assert first.started_at == NINE
    assert first.started_mono_ms == 5000
    assert first.boot_id == BOOT
    assert first.duration_ms == 60_000
    assert first.seen_ms == 60_000
    assert first.fps_mean == 2.0
    assert first.onsets_ms == (20_000, 21_000)
    assert first.durations_ms == (200, 300)
    assert first.closures == (90, 46)
    assert (first.long_closures, first.closed_ms) == (0, 0)


@pytest.mark.parametrize(
    ("_case", "seal_s", "begins_s", "durations_ms"),
    [
        ("from a round time on", 60, 0.0, [60_000, 40_000]),
        ("from the middle of a minute", 60, 50.0, [10_000, 60_000, 30_000]),
        (
            "ten seconds a message",
            10,
            95.0,
            [5_000, 10_000, 10_000, 10_000] + [10_000] * 6 + [5_000],
        ),
    ],
)
def test_cuts(_case, seal_s, begins_s, durations_ms):
    """Messages end at multiples of the sealing time in UTC, the last where tracking ends."""
    found = record(ticks(begins_s + 100, from_s=begins_s), seal_s)

    assert [message.duration_ms for message in found] == durations_ms
    for earlier, later in pairwise(found):
        assert earlier.started_at + timedelta(milliseconds=earlier.duration_ms) == later.started_at


@pytest.mark.parametrize(
    ("_case", "readings", "seen_ms"),
    [
        ("the time before the first reading is not seen", [reading(5.0)], []),
        (
            "time counts as its end says",
            [reading(0), reading(0.5, state=State.NO_FACE), reading(0.8)],
            [300],
        ),
        ("nothing seen, nothing sealed", ticks(130, state=State.NO_FACE), []),
        ("a second without a reading is seen", [reading(0), reading(1.0)], [1000]),
        ("a longer pause is not", [reading(0), reading(1.001)], []),
        ("a pause over several minutes", [*ticks(1), *ticks(601, from_s=600)], [1000, 1000]),
        (
            "a reading from the past adds nothing",
            [reading(0), reading(1), reading(0.5), reading(1.5)],
            [1500],
        ),
        ("time is divided where a message ends", [reading(59.9), reading(60.3)], [100, 300]),
    ],
)
def test_seen_time(_case, readings, seen_ms):
    """Seen time is the time up to a tracking reading, and is never counted twice."""
    assert [message.seen_ms for message in record(readings)] == seen_ms


def test_frames_are_shared_where_a_message_ends():
    """The mean rate of frames does not depend on where a message is cut."""
    found = record([reading(59.95), reading(60.05), reading(60.15)])

    assert [message.fps_mean for message in found] == [10.0, 10.0]


@pytest.mark.parametrize(
    ("_case", "start_s", "onsets_ms"),
    [
        ("in the first", 59.999, [(59_999,), ()]),
        ("at the very end begins in the next", 60.0, [(), (0,)]),
        ("in the next", 60.25, [(), (250,)]),
    ],
)
def test_a_blink_belongs_where_it_starts(_case, start_s, onsets_ms):
    """A blink over the end is whole, in the message in which it starts."""
    blink = closure(start_s, start_s + 0.3)
    waiting = ticks(60.5, settled_s=59.9)

    found = record([*waiting, reading(60.6, blink), reading(61)])

    assert [message.onsets_ms for message in found] == onsets_ms
    assert sum((message.durations_ms for message in found), ()) == (300,)


@pytest.mark.parametrize(
    ("_case", "kind", "end_s", "counts", "closed_ms"),
    [
        ("within", Kind.LONG, 59.6, [1, 0], [600, 0]),
        ("over the end", Kind.LONG, 60.0 - 0.1 + 0.7, [1, 0], [1000, 600]),
        ("shut over the end", Kind.SHUT, 62.0, [1, 0], [1000, 2000]),
    ],
)
def test_long_closures(_case, kind, end_s, counts, closed_ms):
    """A long closure counts where it starts, its time where it passes."""
    waiting = ticks(62.0, settled_s=58.9)

    found = record([*waiting, reading(62.5, closure(59.0, end_s, kind=kind)), reading(63)])

    assert [message.long_closures for message in found] == counts
    assert [message.closed_ms for message in found] == closed_ms
    assert all(message.onsets_ms == () for message in found)


@pytest.mark.parametrize(
    ("_case", "settled_s", "count"),
    [("not settled", 59.999, 0), ("settled", 60.0, 1), ("settled later", 60.4, 1)],
)
def test_waits_until_settled(_case, settled_s, count):
    """A message is sealed when all closures that start in it are known."""
    assert sealed_early([*ticks(59.5), reading(60.5, settled_s=settled_s)]) == count


def test_a_late_blink_still_counts():
    """A blink decided after the minute is over is in it."""
    readings = [*ticks(60.5, settled_s=58.0), reading(60.9, closure(59.5, 59.7))]

    assert record(readings)[0].onsets_ms == (59_500,)


def test_a_closure_of_settled_time():
    """The detector may not bring a closure after it called its time settled."""
    with pytest.raises(ValueError, match=r"the closure at 59.5 s"):
        record([*ticks(61), reading(61.5, closure(59.5, 59.7))])


@pytest.mark.parametrize(
    ("_case", "step_ms", "starts_s"),
    [
        ("a drift is ignored", 1000, [0]),
        ("set forward", 1001, [0, 11.001]),
        ("set back", -3_600_000, [0, 10 - 3600]),
        ("slept for an hour", 3_600_000, [0, 3610]),
    ],
)
def test_wall_clock_steps(_case, step_ms, starts_s):
    """When the wall clock steps, a message ends and the next one has the new time."""
    readings = ticks(20)
    offsets = [offset(NINE_MS + (step_ms if each.t_s > 10 else 0)) for each in readings]

    found = record(readings, offsets=offsets)

    assert [(m.started_at - NINE).total_seconds() for m in found] == starts_s
    assert sum(message.seen_ms for message in found) == 20_000


def test_a_step_before_anything_was_read():
    """Two steps in a row leave no empty message."""
    offsets = [offset(), offset(NINE_MS + 5000), offset(NINE_MS + 9000), offset(NINE_MS + 9000)]

    found = record([reading(0), reading(0), reading(0), reading(1)], offsets=offsets)

    assert [message.started_at for message in found] == [NINE + timedelta(seconds=9)]


def test_a_blink_across_a_step():
    """A blink that began before the clock was set is in the message before."""
    offsets = [offset()] * 3 + [offset(NINE_MS + 5000)] * 2
    readings = [
        *(reading(t_s, settled_s=0.0) for t_s in (0.0, 0.5, 1.0, 1.5)),
        reading(2.0, closure(0.9, 1.2)),
    ]

    before, after = record(readings, offsets=offsets)

    assert (before.onsets_ms, before.duration_ms) == ((900,), 1000)
    assert after.onsets_ms == ()


@pytest.mark.parametrize("seal_s", [0, -1, 7, 61, 90, 900])
def test_sealing_times_that_are_refused(seal_s):
    """The sealing time divides a quarter of an hour and is at most a minute."""
    with pytest.raises(ValueError, match="messages are sealed every"):
        begin(seal_s)


def test_uuid7():
    """Time, version, variant and random bits stand where RFC 9562 has them."""
    made = uuid7(0x017F22E279B0, (1 << 74) - 1)

    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert made.hex.startswith("017f22e279b07fff")
    assert uuid7(1 << 48, 1 << 74).int == uuid7(0, 0).int
    assert uuid7(5, 0) < uuid7(6, 0)


@st.composite
def days(draw):
    """Readings with pauses, states, closures in order and a clock that is set."""
    readings: list[Reading] = []
    offsets: list[Offset] = []
    t_ms, settled_ms, wall_ms = draw(st.integers(0, 10**7)), 0, NINE_MS
    closures = []
    for _ in range(draw(st.integers(0, 40))):
        gap_ms = draw(st.sampled_from([1, 33, 250, 999, 1000, 1001, 15_000]))
        state = draw(st.sampled_from([State.TRACKING, State.TRACKING, State.NO_FACE]))
        before_ms, t_ms = t_ms, t_ms + gap_ms
        wall_ms += draw(st.sampled_from([0, 0, 0, 400, -700, 5000, -90_000]))
        if readings and state is State.TRACKING and 33 < gap_ms <= 1000 and draw(st.booleans()):
            kind = draw(st.sampled_from(Kind))
            closures.append(closure(before_ms / 1000, t_ms / 1000, 0.5, kind))
        told = ()
        if draw(st.booleans()):
            told, closures, settled_ms = tuple(closures), [], t_ms
        readings.append(Reading(t_ms / 1000, state, None, told, settled_ms / 1000))
        offsets.append(offset(wall_ms))
    if closures:
        readings.append(Reading(t_ms / 1000, State.ENDED, None, tuple(closures), t_ms / 1000))
        offsets.append(offset(wall_ms))
    return readings, offsets


def seen_of(readings):
    steps = [(round((b.t_s - a.t_s) * 1000), b.state) for a, b in pairwise(readings)]
    return sum(ms for ms, state in steps if ms <= 1000 and state is State.TRACKING)


@given(days(), st.sampled_from([1, 10, 60]))
def test_nothing_is_lost_or_doubled(day, seal_s):
    """Every closure and every seen millisecond is in exactly one message."""
    readings, offsets = day

    found = record(readings, seal_s, offsets)

    told = [each for one in readings for each in one.closures]
    assert sum(len(message.onsets_ms) for message in found) == sum(c.is_blink for c in told)
    assert sum(message.long_closures for message in found) == sum(not c.is_blink for c in told)
    closed_ms = sum(round((c.end_s - c.start_s) * 1000) for c in told if not c.is_blink)
    assert sum(message.closed_ms for message in found) == closed_ms
    assert sum(message.seen_ms for message in found) == seen_of(readings)


@given(days(), st.sampled_from([1, 10, 60]))
def test_every_message_is_well_formed(day, seal_s):
    """Arrays of one length, blinks in order and apart, no quarter of an hour spanned."""
    for message in record(day[0], seal_s, day[1]):
        start_ms = round(message.started_at.timestamp() * 1000)
        assert 1 <= message.duration_ms <= seal_s * 1000
        assert start_ms // 900_000 == (start_ms + message.duration_ms - 1) // 900_000
        assert 1 <= message.seen_ms <= message.duration_ms
        assert 0 <= message.closed_ms <= message.duration_ms
        assert 0 < message.fps_mean <= 1000
        lengths = {len(message.onsets_ms), len(message.durations_ms), len(message.closures)}
        assert len(lengths) == 1
        ends_ms = [a + b for a, b in zip(message.onsets_ms, message.durations_ms, strict=True)]
        assert all(end <= onset for end, onset in zip(ends_ms, message.onsets_ms[1:], strict=False))
        assert all(0 <= onset < message.duration_ms for onset in message.onsets_ms)


@given(days())
def test_sealing_late_or_early_makes_no_difference(day):
    """A message is the same whether it is sealed on the way or at the end."""
    readings, offsets = day
    late = [replace(each, settled_s=0.0) for each in readings]

    assert record(readings, 10, offsets) == record(late, 10, offsets)


def test_percentages_stay_in_range():
    """A completeness outside 0 to 1 is brought to the nearer end."""
    blinks = (closure(0.1, 0.2, 1.7), closure(0.3, 0.4, -0.2))

    assert record([reading(0), reading(0.5, *blinks)])[0].closures == (100, 0)
