"""Readings to messages: at most a minute each, cut at round times of the wall clock.

The rules, all in whole milliseconds:

- A message ends at the next multiple of the sealing time in UTC. That time divides a
  quarter of an hour, so no message spans two quarters and none is longer than a minute.
- Seen time is the time between two readings of which the later one is tracking. It is
  divided where a message ends; none is lost, none is counted twice. After a pause of
  more than `LONGEST_PAUSE_MS` without a reading nothing was seen in between.
- A closure belongs to the message in which it starts: 0 <= onset < duration. Blinks fill
  the three arrays in order, whole even if they end later, and never overlap. Long closures
  and shut eyes are counted; their time counts where it passes, so that closed time never
  exceeds a message's duration and adds up to the whole over all messages.
- A message is sealed when every closure that starts in it has been reported, so nothing
  is added to it afterwards. One in which nothing was seen is not sealed at all.
- Wall time is the reading's time plus an offset. The first offset is kept, so that
  messages join without a gap, until the measured one is more than a second away: then
  the clock was set or the machine slept, the running message ends where it is and the
  next one starts on the new time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from waw_desktop.core.readings import Closure, Reading, State

LONGEST_MESSAGE_S = 60
LONGEST_PAUSE_MS = 1000
LARGEST_DRIFT_MS = 1000
_QUARTER_S = 15 * 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Offset:
    """What to add to the time of a reading, measured beside it.

    Attributes:
        wall_ms: Gives milliseconds since 1970 in UTC.
        session_ms: Gives the clock that runs on while the machine sleeps.
        boot_id: The start of the machine since which that clock counts.
    """

    wall_ms: int
    session_ms: int
    boot_id: str


@dataclass(frozen=True, slots=True)
class Message:
    """Up to a minute of blinks from one device: what is stored, sent and receipted.

    Attributes:
        message_id: UUIDv7 made when it was sealed; sending it again changes nothing.
        started_at: Start on the device's wall clock, aware UTC.
        started_mono_ms: The same instant on the session clock.
        boot_id: The start of the machine that `started_mono_ms` counts from.
        duration_ms: 1 to 60 000.
        seen_ms: Time with measurable eyes, 1 to `duration_ms`.
        fps_mean: Frames a second while they were measurable.
        onsets_ms: When each blink began, from the start; below `duration_ms`.
        durations_ms: How long each blink took, also past the end.
        closures: How far each blink closed, in percent, 0 to 100.
        long_closures: Closures of more than half a second.
        closed_ms: Time within this message under such closures, 0 to `duration_ms`.
    """

    message_id: UUID
    started_at: datetime
    started_mono_ms: int
    boot_id: str
    duration_ms: int
    seen_ms: int
    fps_mean: float
    onsets_ms: tuple[int, ...]
    durations_ms: tuple[int, ...]
    closures: tuple[int, ...]
    long_closures: int
    closed_ms: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that may still grow; times on the clock of the readings."""

    start_ms: int
    end_ms: int
    offset: Offset
    seen_ms: int = 0
    frames: float = 0.0
    closed_ms: int = 0
    closures: tuple[Closure, ...] = ()


@dataclass(frozen=True, slots=True)
class Unsealed:
    """What was read and is not yet in a sealed message.

    Attributes:
        seal_ms: A message ends at multiples of this, in UTC.
        offset: The one in force; None before the first reading.
        latest_ms: Time of the latest reading.
        drafts: In order of time; all but the last only wait to be settled.
    """

    seal_ms: int
    offset: Offset | None = None
    latest_ms: int = -(2**63)
    drafts: tuple[Draft, ...] = ()


def begin(seal_s: int) -> Unsealed:
    """Return the state before the first reading.

    Raises:
        ValueError: If `seal_s` is not within a minute or does not divide a quarter
            of an hour.
    """
    if not 1 <= seal_s <= LONGEST_MESSAGE_S or _QUARTER_S % seal_s:
        raise ValueError(
            f"messages are sealed every 1 to {LONGEST_MESSAGE_S} s by a whole part "
            f"of a quarter of an hour, not every {seal_s} s"
        )
    return Unsealed(seal_s * 1000)


def advance(
    unsealed: Unsealed, reading: Reading, offset: Offset
) -> tuple[Unsealed, tuple[Draft, ...]]:
    """Return the state after one reading, and the drafts that it completed.

    Args:
        unsealed: The state before.
        reading: The next one; if its time is before the latest, no time has passed.
        offset: Measured now.

    Raises:
        ValueError: If the reading brings a closure of a time that it had called settled.
    """
    now_ms = max(_ms(reading.t_s), unsealed.latest_ms)
    kept = unsealed.offset
    if kept is None:
        kept, unsealed = offset, replace(unsealed, latest_ms=now_ms)
    elif abs(offset.wall_ms - kept.wall_ms) > LARGEST_DRIFT_MS:
        kept, unsealed = offset, _cut(unsealed)
    seen = reading.state is State.TRACKING
    unsealed = _cover(replace(unsealed, offset=kept), kept, now_ms, seen=seen)
    for closure in reading.closures:
        unsealed = replace(unsealed, drafts=_enter(unsealed.drafts, closure))
    return _settle(unsealed, _ms(reading.settled_s))


def finish(unsealed: Unsealed) -> tuple[Draft, ...]:
    """Return the remaining drafts when no reading will follow."""
    return tuple(draft for draft in _cut(unsealed).drafts if draft.seen_ms)


def seal(draft: Draft, message_id: UUID) -> Message:
    """Return the message that a completed draft has become."""
    blinks = sorted(
        (closure for closure in draft.closures if closure.is_blink),
        key=lambda blink: blink.start_s,
    )
    started_ms = draft.start_ms + draft.offset.wall_ms
    return Message(
        message_id=message_id,
        started_at=_EPOCH + timedelta(milliseconds=started_ms),
        started_mono_ms=draft.start_ms + draft.offset.session_ms,
        boot_id=draft.offset.boot_id,
        duration_ms=draft.end_ms - draft.start_ms,
        seen_ms=draft.seen_ms,
        fps_mean=round(draft.frames * 1000 / draft.seen_ms, 2),
        onsets_ms=tuple(_ms(blink.start_s) - draft.start_ms for blink in blinks),
        durations_ms=tuple(_ms(blink.end_s) - _ms(blink.start_s) for blink in blinks),
        closures=tuple(map(_percent, blinks)),
        long_closures=len(draft.closures) - len(blinks),
        closed_ms=draft.closed_ms,
    )


def uuid7(unix_ms: int, random_bits: int) -> UUID:
    """Return a UUID that sorts by time.

    Args:
        unix_ms: Milliseconds since 1970, of which the lowest 48 bits are used.
        random_bits: At least 74 random bits; the lowest 74 are used.

    Source:
        RFC 9562, section 5.7.

    >>> str(uuid7(0x017F22E279B0, (0xCC3 << 62) | 0x18C4DC0C0C07398F))
    '017f22e2-79b0-7cc3-98c4-dc0c0c07398f'
    """
    time_bits = (unix_ms & (1 << 48) - 1) << 80
    first = (random_bits >> 62 & (1 << 12) - 1) << 64
    last = random_bits & (1 << 62) - 1
    return UUID(int=time_bits | 7 << 76 | first | 0b10 << 62 | last)


def _cut(unsealed: Unsealed) -> Unsealed:
    """End the running draft at the latest reading; drop it if it had just begun."""
    cut = tuple(
        replace(draft, end_ms=min(draft.end_ms, unsealed.latest_ms))
        for draft in unsealed.drafts
        if draft.start_ms < unsealed.latest_ms
    )
    return replace(unsealed, drafts=cut)


def _cover(unsealed: Unsealed, offset: Offset, now_ms: int, *, seen: bool) -> Unsealed:
    """Lay drafts under the time up to now and add what was seen of it."""
    from_ms, pause_ms = unsealed.latest_ms, now_ms - unsealed.latest_ms
    drafts = _reach(unsealed.drafts, from_ms, offset, unsealed.seal_ms)
    if pause_ms > LONGEST_PAUSE_MS:
        from_ms = now_ms
    while from_ms < now_ms:
        *before, running = drafts
        until_ms = min(now_ms, running.end_ms)
        if seen:
            running = replace(
                running,
                seen_ms=running.seen_ms + until_ms - from_ms,
                frames=running.frames + (until_ms - from_ms) / pause_ms,
            )
        drafts = _reach((*before, running), until_ms, offset, unsealed.seal_ms)
        from_ms = until_ms
    drafts = _reach(drafts, now_ms, offset, unsealed.seal_ms)
    return replace(unsealed, latest_ms=now_ms, drafts=drafts)


def _reach(
    drafts: tuple[Draft, ...], at_ms: int, offset: Offset, seal_ms: int
) -> tuple[Draft, ...]:
    """Return the drafts and, where they end before an instant, one that starts there."""
    if drafts and at_ms < drafts[-1].end_ms:
        return drafts
    left_ms = seal_ms - (at_ms + offset.wall_ms) % seal_ms
    return (*drafts, Draft(at_ms, at_ms + left_ms, offset))


def _enter(drafts: tuple[Draft, ...], closure: Closure) -> tuple[Draft, ...]:
    start_ms, end_ms = _ms(closure.start_s), _ms(closure.end_s)
    if not any(draft.start_ms <= start_ms < draft.end_ms for draft in drafts):
        raise ValueError(f"the closure at {closure.start_s} s comes after its time was settled")
    return tuple(_with_closure(draft, closure, start_ms, end_ms) for draft in drafts)


def _with_closure(draft: Draft, closure: Closure, start_ms: int, end_ms: int) -> Draft:
    if draft.start_ms <= start_ms < draft.end_ms:
        draft = replace(draft, closures=(*draft.closures, closure))
    inside_ms = min(end_ms, draft.end_ms) - max(start_ms, draft.start_ms)
    if closure.is_blink or inside_ms <= 0:
        return draft
    return replace(draft, closed_ms=draft.closed_ms + inside_ms)


def _settle(unsealed: Unsealed, settled_ms: int) -> tuple[Unsealed, tuple[Draft, ...]]:
    done = tuple(draft for draft in unsealed.drafts if draft.end_ms <= settled_ms)
    kept = unsealed.drafts[len(done) :]
    return replace(unsealed, drafts=kept), tuple(draft for draft in done if draft.seen_ms)


def _ms(t_s: float) -> int:
    return round(t_s * 1000)


def _percent(closure: Closure) -> int:
    return round(min(max(closure.completeness, 0.0), 1.0) * 100)
