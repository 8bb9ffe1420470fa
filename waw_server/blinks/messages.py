"""What a message must be, before it is stored.

A batch arrives in columns, and stays so: nothing here makes an object for each blink. Each
message is judged alone, so that a faulty one never takes its neighbours with it.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import accumulate, chain
from operator import add, le
from typing import TypeAlias
from uuid import UUID

MAX_MESSAGES = 250
MAX_DURATION_MS = 60_000
QUARTER = timedelta(minutes=15)
COMPLETE_PERCENT = 80
CLOCK_TOLERANCE = timedelta(seconds=2)
FUTURE_TOLERANCE = timedelta(seconds=10)
MAX_FPS = 1000
EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)
MAX_SEQ = 2**63 - 1
_MILLISECOND = timedelta(milliseconds=1)
_MICROSECOND = timedelta(microseconds=1)
_HEAD = struct.Struct("<qqqdqqq")


class Malformed(Exception):
    """The columns of a batch do not belong together; the message says which."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Messages side by side: entry i of each column belongs to message i.

    Attributes:
        message_ids: Made when the message was sealed; the idempotency keys.
        seqs: Counts this device's messages, from 1.
        started_at: By the device's clock, aware UTC.
        ages_ms: How long ago each began when the batch was sent, by the device's monotonic
            clock; -1 where it has been restarted since.
        message_durations_ms: Length of each, at most a minute.
        seen_ms: Of that, with a usable face.
        fps_means: Frames a second while seen.
        long_closures: Closures of more than half a second.
        closed_ms: Time with the lids down.
        blink_counts: How many entries of the flat columns belong to each message.
        onsets_ms: Flat; begin of each blink after the message's begin.
        durations_ms: Flat; length of each blink.
        closures: Flat; how far each blink closed the eyes, percent.
    """

    message_ids: Sequence[UUID]
    seqs: Sequence[int]
    started_at: Sequence[datetime]
    ages_ms: Sequence[int]
    message_durations_ms: Sequence[int]
    seen_ms: Sequence[int]
    fps_means: Sequence[float]
    long_closures: Sequence[int]
    closed_ms: Sequence[int]
    blink_counts: Sequence[int]
    onsets_ms: Sequence[int]
    durations_ms: Sequence[int]
    closures: Sequence[int]


@dataclass(frozen=True, slots=True)
class Fault:
    """Why one message is refused.

    Attributes:
        code: One word for the program.
        detail: The field and what is wrong with it, for the person.
    """

    code: str
    detail: str


Wrong: TypeAlias = tuple[Fault, Iterable[int]]  # and the places of those it is found in


@dataclass(frozen=True, slots=True)
class Judged:
    """A batch that has been looked through, in columns as it came.

    What stands in them at the place of a refused message means nothing.

    Attributes:
        faults: Why messages are refused, by their place in the batch; all others are in order.
        started_at: Corrected for the device's clock.
        firsts: Where in the flat columns each message begins.
        lasts: Where it ends, one past its last entry.
        partial_blinks: Blinks that closed less than 80 percent.
        blink_ms: Sum of the blinks' durations.
        payload_hashes: 16 bytes over everything that was sealed.
    """

    faults: dict[int, Fault]
    started_at: Sequence[datetime]
    firsts: Sequence[int]
    lasts: Sequence[int]
    partial_blinks: Sequence[int]
    blink_ms: Sequence[int]
    payload_hashes: Sequence[bytes]


def require_even(it: Columns) -> None:
    """Check that the columns belong together.

    Raises:
        Malformed: If they differ in length, there are too many messages, or a count is
            negative or does not add up.
    """
    count = len(it.message_ids)
    if count > MAX_MESSAGES:
        raise Malformed(f"messageIds: {count} messages, at most {MAX_MESSAGES} in a batch")
    for name in (
        *("seqs", "started_at", "ages_ms", "message_durations_ms", "seen_ms", "fps_means"),
        *("long_closures", "closed_ms", "blink_counts"),
    ):
        if len(getattr(it, name)) != count:
            raise Malformed(f"{name}: {len(getattr(it, name))} entries for {count} messages")
    if min(it.blink_counts, default=0) < 0:
        raise Malformed("blink_counts: negative")
    blinks = sum(it.blink_counts)
    for name in ("onsets_ms", "durations_ms", "closures"):
        if len(getattr(it, name)) != blinks:
            raise Malformed(f"{name}: {len(getattr(it, name))} entries for {blinks} blinks")


def judge(it: Columns, *, sent_at: datetime | None, received_at: datetime) -> Judged:
    """Return which messages of even columns are refused, and what is stored beside the others.

    Args:
        it: The columns, even.
        sent_at: When the batch was sent, by the device's clock; None if it did not say.
        received_at: When it arrived, by ours.
    """
    lasts = list(accumulate(it.blink_counts))
    firsts = [0, *lasts][: len(lasts)]
    faults = _by_place(_wrong_numbers(it))
    started_at = [
        instant
        if place in faults
        else corrected(instant, it.ages_ms[place], sent_at=sent_at, received_at=received_at)
        for place, instant in enumerate(it.started_at)
    ]
    wrong_times = _wrong_times(started_at, it.message_durations_ms, received_at)
    # What is found first is what the person is told, so the numbers win.
    faults = _by_place(chain(wrong_times, _wrong_blinks(it, firsts, lasts))) | faults
    return Judged(
        faults=faults,
        started_at=started_at,
        firsts=firsts,
        lasts=lasts,
        partial_blinks=[
            sum([percent < COMPLETE_PERCENT for percent in it.closures[first:last]])
            for first, last in zip(firsts, lasts, strict=True)
        ],
        blink_ms=[
            sum(it.durations_ms[first:last]) for first, last in zip(firsts, lasts, strict=True)
        ],
        payload_hashes=_hashes(it, firsts, lasts),
    )


def corrected(
    started_at: datetime, age_ms: int, *, sent_at: datetime | None, received_at: datetime
) -> datetime:
    """Return when a message began by our clock, as nearly as can be known.

    Its age on the device's monotonic clock is believed first, then how far the device's clock
    was off when it sent. Both carry the time on the wire, so what is within two seconds of the
    device's own word leaves that word as it is.
    """
    if age_ms >= 0:
        behind = received_at - timedelta(milliseconds=age_ms) - started_at
    elif sent_at is not None:
        behind = received_at - sent_at
    else:
        return started_at
    return started_at if abs(behind) <= CLOCK_TOLERANCE else _shifted(started_at, behind)


def quarter_of(instant: datetime) -> datetime:
    """Return the begin of the quarter of an hour that holds an instant, in UTC."""
    instant = instant.astimezone(UTC)
    return instant.replace(minute=instant.minute // 15 * 15, second=0, microsecond=0)


def _shifted(instant: datetime, by: timedelta) -> datetime:
    try:
        return instant + by
    except OverflowError:
        return instant


def _by_place(found: Iterable[Wrong]) -> dict[int, Fault]:
    """Return the first fault of each message that has one."""
    faults: dict[int, Fault] = {}
    for fault, places in found:
        for place in places:
            faults.setdefault(place, fault)
    return faults


def _wrong_numbers(it: Columns) -> Iterator[Wrong]:
    lengths_ms = it.message_durations_ms
    yield Fault("INVALID", "seq: from 1 to 2^63 - 1"), _outside(it.seqs, 1, MAX_SEQ)
    yield (
        Fault("INVALID", f"durationMs: from 1 to {MAX_DURATION_MS}"),
        _outside(lengths_ms, 1, MAX_DURATION_MS),
    )
    yield Fault("INVALID", "seenMs: from 0 to durationMs"), _not_within(it.seen_ms, lengths_ms)
    yield Fault("INVALID", "closedMs: from 0 to durationMs"), _not_within(it.closed_ms, lengths_ms)
    most = [length_ms // 500 + 1 for length_ms in lengths_ms]
    yield Fault("INVALID", "longClosures: too many"), _not_within(it.long_closures, most)
    yield Fault("INVALID", f"fpsMean: from 0 to {MAX_FPS}"), _outside(it.fps_means, 0, MAX_FPS)
    yield Fault("INVALID", "ageMs: -1, or milliseconds"), _outside(it.ages_ms, -1, 10**12 - 1)


def _wrong_times(
    started_at: Sequence[datetime], lengths_ms: Sequence[int], received_at: datetime
) -> Iterator[Wrong]:
    yield (
        Fault("INVALID", "startedAt: before 2020"),
        [place for place, instant in enumerate(started_at) if instant < EARLIEST],
    )
    latest = received_at + FUTURE_TOLERANCE
    yield (
        Fault("IN_FUTURE", "startedAt: has not happened yet"),
        [
            place
            for place, (instant, length_ms) in enumerate(zip(started_at, lengths_ms, strict=True))
            if (latest - instant) // _MILLISECOND < length_ms
        ],
    )


def _wrong_blinks(it: Columns, firsts: Sequence[int], lasts: Sequence[int]) -> Iterator[Wrong]:
    """Find what is wrong with blinks: in C over the flat columns, for nearly always nothing is."""
    messages = list(zip(firsts, lasts, it.message_durations_ms, strict=True))
    yield (
        Fault("INVALID", "durationsMs: from 1 to 1000"),
        _owners(lasts, _any_outside(it.durations_ms, 1, 1000)),
    )
    yield (
        Fault("INVALID", "closures: from 0 to 100"),
        _owners(lasts, _any_outside(it.closures, 0, 100)),
    )
    yield (
        Fault("INVALID", "onsetsMs: negative, out of order or overlapping"),
        _owners(lasts, _overlapping(it, firsts)),
    )
    yield (
        Fault("INVALID", "onsetsMs: after the message's end"),
        [
            place
            for place, (first, last, length_ms) in enumerate(messages)
            if first < last and it.onsets_ms[last - 1] >= length_ms
        ],
    )
    yield (
        Fault("INVALID", "startedAt: the message spans two quarters of an hour"),
        [
            place
            for place, (_, _, length_ms) in enumerate(messages)
            if (QUARTER - (it.started_at[place] - EARLIEST) % QUARTER) // _MILLISECOND < length_ms
        ],
    )


def _outside(column: Sequence[float], low: float, high: float) -> list[int]:
    return [place for place, entry in enumerate(column) if not low <= entry <= high]


def _not_within(column: Sequence[int], limits: Sequence[int]) -> list[int]:
    return [
        place
        for place, (entry, limit) in enumerate(zip(column, limits, strict=True))
        if not 0 <= entry <= limit
    ]


def _any_outside(column: Sequence[int], low: int, high: int) -> list[int]:
    """Return the same as `_outside`, quickly for a long column that is in order."""
    distinct = set(column)
    if not distinct or (low <= min(distinct) and max(distinct) <= high):
        return []
    return _outside(column, low, high)


def _overlapping(it: Columns, firsts: Sequence[int]) -> list[int]:
    """Return the places of blinks that begin before the one before them has ended."""
    ends_ms = [0, *map(add, it.onsets_ms, it.durations_ms)]
    for first in firsts:
        ends_ms[first] = 0
    if all(map(le, ends_ms, it.onsets_ms)):
        return []
    return [place for place, onset_ms in enumerate(it.onsets_ms) if onset_ms < ends_ms[place]]


def _owners(lasts: Sequence[int], blinks: Iterable[int]) -> list[int]:
    """Return the messages that blinks of the flat columns belong to."""
    return [bisect_right(lasts, blink) for blink in blinks]


def _hashes(it: Columns, firsts: Sequence[int], lasts: Sequence[int]) -> list[bytes]:
    """Digest what was sealed; seq is left out, for a cloned install must renumber."""
    flat = [
        struct.pack(f"<{len(column)}q", *column)
        for column in (it.onsets_ms, it.durations_ms, it.closures)
    ]
    heads = map(
        _HEAD.pack,
        [(instant - EARLIEST) // _MICROSECOND for instant in it.started_at],
        *(it.message_durations_ms, it.seen_ms, it.fps_means, it.long_closures, it.closed_ms),
        it.blink_counts,
    )
    return [
        blake2b(
            b"".join((head, *(column[8 * first : 8 * last] for column in flat))), digest_size=16
        ).digest()
        for head, first, last in zip(heads, firsts, lasts, strict=True)
    ]
