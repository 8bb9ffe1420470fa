"""Sealed minutes as a tracker sends them, to be changed one field at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from waw_server.blinks.messages import Columns

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)  # an hour before the suite's `now`
LAPTOP = UUID("00000000-0000-4000-8000-00000000a000")
DESKTOP = UUID("00000000-0000-4000-8000-00000000b000")


@dataclass(frozen=True, slots=True)
class Minute:
    """One message; `blinks` holds (onset ms, duration ms, closure percent)."""

    message_id: UUID
    seq: int
    started_at: datetime
    age_ms: int = -1
    duration_ms: int = 60_000
    seen_ms: int = 50_000
    fps_mean: float = 29.5
    long_closures: int = 1
    closed_ms: int = 900
    blinks: tuple[tuple[int, int, int], ...] = ((1_000, 150, 95), (5_000, 200, 60))


def minute(nth: int = 1, /, **changes: Any) -> Minute:
    """Return the nth minute since START, from 1, with an id of its own; each hour repeats."""
    usual = {
        "message_id": UUID(int=nth),
        "seq": nth,
        "started_at": START + timedelta(minutes=(nth - 1) % 60),
    }
    return Minute(**{**usual, **changes})


def columns(*minutes: Minute) -> Columns:
    """Put messages side by side."""
    blinks = [blink for it in minutes for blink in it.blinks]
    return Columns(
        message_ids=[it.message_id for it in minutes],
        seqs=[it.seq for it in minutes],
        started_at=[it.started_at for it in minutes],
        ages_ms=[it.age_ms for it in minutes],
        message_durations_ms=[it.duration_ms for it in minutes],
        seen_ms=[it.seen_ms for it in minutes],
        fps_means=[it.fps_mean for it in minutes],
        long_closures=[it.long_closures for it in minutes],
        closed_ms=[it.closed_ms for it in minutes],
        blink_counts=[len(it.blinks) for it in minutes],
        onsets_ms=[onset for onset, _, _ in blinks],
        durations_ms=[duration for _, duration, _ in blinks],
        closures=[percent for _, _, percent in blinks],
    )


def message_input(it: Minute, **changes: Any) -> dict[str, Any]:
    """Return a message as `trackBlink` takes it."""
    return {
        "messageId": str(it.message_id),
        "seq": str(it.seq),
        "startedAt": it.started_at.isoformat(),
        "durationMs": it.duration_ms,
        "seenMs": it.seen_ms,
        "fpsMean": it.fps_mean,
        "onsetsMs": [onset for onset, _, _ in it.blinks],
        "durationsMs": [duration for _, duration, _ in it.blinks],
        "closures": [percent for _, _, percent in it.blinks],
        "longClosures": it.long_closures,
        "closedMs": it.closed_ms,
        **changes,
    }


def batch_input(*minutes: Minute, sent_at: datetime, **changes: Any) -> dict[str, Any]:
    """Return messages as `syncBlinks` takes them."""
    them = columns(*minutes)
    return {
        "deviceId": str(LAPTOP),
        "schemaVersion": 1,
        "clientSentAt": sent_at.isoformat(),
        "messageIds": [str(message_id) for message_id in them.message_ids],
        "seqs": [str(seq) for seq in them.seqs],
        "startedAts": [started_at.isoformat() for started_at in them.started_at],
        "agesMs": them.ages_ms,
        "messageDurationsMs": them.message_durations_ms,
        "seenMs": them.seen_ms,
        "fpsMeans": them.fps_means,
        "longClosures": them.long_closures,
        "closedMs": them.closed_ms,
        "blinkCounts": them.blink_counts,
        "onsetsMs": them.onsets_ms,
        "durationsMs": them.durations_ms,
        "closures": them.closures,
        **changes,
    }
