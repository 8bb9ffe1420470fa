"""What this computer remembers of sealed messages, and what spans of local time amount to.

A span in which nothing was seen has no figures: no data is never zero. Every rate is over seen
time, so that a minute measured for ten seconds weighs as much as ten seconds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from itertools import pairwise
from typing import assert_never
from uuid import UUID

from waw_desktop.core import metrics
from waw_desktop.core.level import LOOKS_BACK, Level, level
from waw_desktop.core.messages import Message

COMPLETE_PERCENT = 80
QUARTER = timedelta(minutes=15)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Minute:
    """What stays of one message when its blinks are no longer told apart.

    Attributes:
        message_id: Of the message; the history has each once.
        started_at: Start on the device's wall clock, aware UTC.
        duration_ms: 1 to 60 000.
        seen_ms: Time with measurable eyes, 1 to `duration_ms`.
        blinks: Closures of at most half a second.
        partial: Those of them that closed less than 80 percent.
        long_closures: Closures of more than half a second.
        closed_ms: Time under such closures.
        blinks_ms: How long all blinks took together.
    """

    message_id: UUID
    started_at: datetime
    duration_ms: int
    seen_ms: int
    blinks: int
    partial: int
    long_closures: int
    closed_ms: int
    blinks_ms: int


class Scale(StrEnum):
    """How much the person looks at."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Period:
    """A day, week or month of the calendar.

    Attributes:
        scale: Which of them.
        first: Its first day.
        end: The first day after it.
    """

    scale: Scale
    first: date
    end: date


@dataclass(frozen=True, slots=True)
class Totals:
    """What minutes amount to; there is none of no minutes."""

    seen_ms: int
    blinks: int
    partial: int
    long_closures: int
    closed_ms: int

    @property
    def rate_per_min(self) -> float | None:
        """Blinks per seen minute; None if nothing was seen."""
        return metrics.rate_per_min(self.blinks, self.seen_ms / 1000)

    @property
    def incomplete_share(self) -> float | None:
        """Which share of the blinks did not close the eye, 0.0 to 1.0; None without blinks."""
        return metrics.share(self.partial, self.blinks)


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a period, a quarter of an hour or a day.

    Attributes:
        start: Aware, in the person's zone.
        end: The first instant after it.
        totals: None where nothing was seen.
    """

    start: datetime
    end: datetime
    totals: Totals | None


@dataclass(frozen=True, slots=True)
class Overview:
    """A period as the person looks at it.

    Attributes:
        period: Which.
        spans: Its parts in order, without gaps: quarters of an hour of a day, days of others.
        totals: Of the whole; None where nothing was seen.
        level: What is usual for the person, as of the end of the period; None until known.
    """

    period: Period
    spans: tuple[Span, ...]
    totals: Totals | None
    level: Level | None


def minute_of(message: Message) -> Minute:
    """Return what the history keeps of a message."""
    return Minute(
        message_id=message.message_id,
        started_at=message.started_at,
        duration_ms=message.duration_ms,
        seen_ms=message.seen_ms,
        blinks=len(message.onsets_ms),
        partial=sum(percent < COMPLETE_PERCENT for percent in message.closures),
        long_closures=message.long_closures,
        closed_ms=message.closed_ms,
        blinks_ms=sum(message.durations_ms),
    )


def period(scale: Scale, day: date, first_weekday: int = 0) -> Period:
    """Return the period that a day lies in.

    Args:
        scale: Which kind.
        day: Of the calendar.
        first_weekday: With which a week begins, 0 for Monday.
    """
    match scale:
        case Scale.DAY:
            return Period(scale, day, day + DAY)
        case Scale.WEEK:
            first = day - (day.weekday() - first_weekday) % 7 * DAY
            return Period(scale, first, first + 7 * DAY)
        case Scale.MONTH:
            first = day.replace(day=1)
            return Period(scale, first, (first + 31 * DAY).replace(day=1))
        case _ as never:
            assert_never(never)


def bounds(seen: Period, zone: tzinfo) -> tuple[datetime, datetime]:
    """Return the first instant of a period and the first after it, in UTC."""
    return _midnight(seen.first, zone), _midnight(seen.end, zone)


def looked_at(seen: Period, now: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    """Return the time whose minutes an overview needs, those for the own level included.

    Args:
        seen: The period.
        now: Aware; the level of a period that is not over is that of now.
        zone: The person's.
    """
    start, end = bounds(seen, zone)
    return min(start, min(end, now) - LOOKS_BACK), end


def overview(seen: Period, minutes: Iterable[Minute], now: datetime, zone: tzinfo) -> Overview:
    """Return what a period amounts to.

    Args:
        seen: The period.
        minutes: Those of the time that `looked_at` returns, in any order.
        now: Aware.
        zone: The person's; a day in it may have 23 or 25 hours.
    """
    start, end = bounds(seen, zone)
    kept = list(minutes)
    inside = [minute for minute in kept if start <= minute.started_at < end]
    until = min(end, now)
    lately = (it for it in kept if until - LOOKS_BACK <= it.started_at < until)
    own = level(((it.started_at, it.seen_ms, it.blinks) for it in lately), zone)
    return Overview(seen, spans(inside, _edges(seen, zone)), total(inside), own)


def spans(minutes: Iterable[Minute], edges: Sequence[datetime]) -> tuple[Span, ...]:
    """Return what minutes amount to between instants.

    Args:
        minutes: In any order; each belongs where it starts, none crosses a quarter of an hour.
        edges: In order, aware; what lies outside is left out.
    """
    starts = [edge.timestamp() for edge in edges]  # compares instants; a local time may come twice
    parts: list[list[Minute]] = [[] for _ in starts]
    for minute in minutes:
        index = bisect_right(starts, minute.started_at.timestamp()) - 1
        if index >= 0:
            parts[index].append(minute)
    return tuple(
        Span(*edge, total(part)) for edge, part in zip(pairwise(edges), parts, strict=False)
    )


def total(minutes: Sequence[Minute]) -> Totals | None:
    """Return what minutes amount to, None without any."""
    if not minutes:
        return None
    return Totals(
        seen_ms=sum([it.seen_ms for it in minutes]),
        blinks=sum([it.blinks for it in minutes]),
        partial=sum([it.partial for it in minutes]),
        long_closures=sum([it.long_closures for it in minutes]),
        closed_ms=sum([it.closed_ms for it in minutes]),
    )


def _edges(seen: Period, zone: tzinfo) -> list[datetime]:
    if seen.scale is Scale.DAY:
        start, end = bounds(seen, zone)
        instants = [start + number * QUARTER for number in range(-(-(end - start) // QUARTER))]
        instants.append(end)
    else:
        days = (seen.end - seen.first).days
        instants = [_midnight(seen.first + number * DAY, zone) for number in range(days + 1)]
    return [instant.astimezone(zone) for instant in instants]


def _midnight(day: date, zone: tzinfo) -> datetime:
    """Return when a day begins; where clocks skip midnight, that is later on the clock."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)
