"""What this computer remembers of sealed messages, and what spans of local time amount to.

A span in which nothing was seen has no figures: no data is never zero. Every rate is over seen
time, so that a minute measured for ten seconds weighs as much as ten seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from waw_desktop.core.messages import Message

COMPLETE_PERCENT = 80


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
