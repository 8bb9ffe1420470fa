"""What a message must be, before it is stored.

A batch arrives in columns, and stays so: nothing here makes an object for each blink. Each
message is judged alone, so that a faulty one never takes its neighbours with it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
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


@dataclass(frozen=True, slots=True)
class Checked:
    """One message found in order, with what is stored beside it.

    Attributes:
        index: Its place in the columns.
        started_at: Corrected for the device's clock.
        first: Its first entry in the flat columns.
        last: One past its last.
        partial_blinks: Blinks that closed less than 80 percent.
        blink_ms: Sum of the blinks' durations.
        payload_hash: 16 bytes over everything that was sealed.
    """

    index: int
    started_at: datetime
    first: int
    last: int
    partial_blinks: int
    blink_ms: int
    payload_hash: bytes


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
    if any(blinks < 0 for blinks in it.blink_counts):
        raise Malformed("blink_counts: negative")
    blinks = sum(it.blink_counts)
    for name in ("onsets_ms", "durations_ms", "closures"):
        if len(getattr(it, name)) != blinks:
            raise Malformed(f"{name}: {len(getattr(it, name))} entries for {blinks} blinks")


def check(
    it: Columns, *, sent_at: datetime | None, received_at: datetime
) -> Iterator[Checked | Fault]:
    """Yield each message of even columns as found in order, or why it is refused.

    Args:
        it: The columns, even.
        sent_at: When the batch was sent, by the device's clock; None if it did not say.
        received_at: When it arrived, by ours.
    """
    last = 0
    for index, blinks in enumerate(it.blink_counts):
        first, last = last, last + blinks
        fault = _fault_of(it, index)
        if fault is not None:
            yield fault
            continue
        started_at = corrected(
            it.started_at[index], it.ages_ms[index], sent_at=sent_at, received_at=received_at
        )
        yield (
            _fault_of_time(started_at, it.message_durations_ms[index], received_at)
            or _fault_of_blinks(it, index, first, last)
            or Checked(
                index=index,
                started_at=started_at,
                first=first,
                last=last,
                partial_blinks=sum(map(COMPLETE_PERCENT.__gt__, it.closures[first:last])),
                blink_ms=sum(it.durations_ms[first:last]),
                payload_hash=_hash(it, index, first, last),
            )
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
        estimate = received_at - timedelta(milliseconds=age_ms)
    elif sent_at is not None:
        estimate = _shifted(started_at, received_at - sent_at)
    else:
        return started_at
    return started_at if abs(estimate - started_at) <= CLOCK_TOLERANCE else estimate


def quarter_of(instant: datetime) -> datetime:
    """Return the begin of the quarter of an hour that holds an instant, in UTC."""
    instant = instant.astimezone(UTC)
    return instant.replace(minute=instant.minute // 15 * 15, second=0, microsecond=0)


def _shifted(instant: datetime, by: timedelta) -> datetime:
    try:
        return instant + by
    except OverflowError:
        return instant


def _fault_of(it: Columns, index: int) -> Fault | None:
    duration_ms = it.message_durations_ms[index]
    for field, is_right, rule in (
        ("seq", 1 <= it.seqs[index] <= MAX_SEQ, "from 1 to 2^63 - 1"),
        ("durationMs", 1 <= duration_ms <= MAX_DURATION_MS, f"from 1 to {MAX_DURATION_MS}"),
        ("seenMs", 0 <= it.seen_ms[index] <= duration_ms, "from 0 to durationMs"),
        ("closedMs", 0 <= it.closed_ms[index] <= duration_ms, "from 0 to durationMs"),
        ("longClosures", 0 <= it.long_closures[index] <= duration_ms // 500 + 1, "too many"),
        ("fpsMean", 0 <= it.fps_means[index] <= MAX_FPS, f"from 0 to {MAX_FPS}"),
        ("ageMs", -1 <= it.ages_ms[index] < 10**12, "-1, or milliseconds"),
    ):
        if not is_right:
            return Fault("INVALID", f"{field}: {rule}")
    return None


def _fault_of_time(started_at: datetime, duration_ms: int, received_at: datetime) -> Fault | None:
    if started_at < EARLIEST:
        return Fault("INVALID", "startedAt: before 2020")
    if started_at > received_at + FUTURE_TOLERANCE - timedelta(milliseconds=duration_ms):
        return Fault("IN_FUTURE", "startedAt: has not happened yet")
    return None


def _fault_of_blinks(it: Columns, index: int, first: int, last: int) -> Fault | None:
    onsets_ms = it.onsets_ms[first:last]
    durations_ms = it.durations_ms[first:last]
    if any(not 1 <= duration_ms <= 1000 for duration_ms in durations_ms):
        return Fault("INVALID", "durationsMs: from 1 to 1000")
    if any(not 0 <= percent <= 100 for percent in it.closures[first:last]):
        return Fault("INVALID", "closures: from 0 to 100")
    end_ms = 0
    for onset_ms, duration_ms in zip(onsets_ms, durations_ms, strict=True):
        if onset_ms < end_ms:
            return Fault("INVALID", "onsetsMs: negative, out of order or overlapping")
        end_ms = onset_ms + duration_ms
    if onsets_ms and onsets_ms[-1] >= it.message_durations_ms[index]:
        return Fault("INVALID", "onsetsMs: after the message's end")
    started_at = it.started_at[index]
    length = timedelta(milliseconds=it.message_durations_ms[index])
    if started_at - quarter_of(started_at) + length > QUARTER:
        return Fault("INVALID", "startedAt: the message spans two quarters of an hour")
    return None


def _hash(it: Columns, index: int, first: int, last: int) -> bytes:
    """Digest what was sealed; seq is left out, for a cloned install must renumber."""
    sealed = blake2b(digest_size=16)
    sealed.update(
        struct.pack(
            "<qqqdqqq",
            (it.started_at[index] - EARLIEST) // timedelta(microseconds=1),
            it.message_durations_ms[index],
            it.seen_ms[index],
            it.fps_means[index],
            it.long_closures[index],
            it.closed_ms[index],
            last - first,
        )
    )
    for column in (it.onsets_ms, it.durations_ms, it.closures):
        sealed.update(struct.pack(f"<{last - first}q", *column[first:last]))
    return sealed.digest()
