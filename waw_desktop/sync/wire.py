"""Messages in the words of the server's schema."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any
from uuid import UUID

from waw_desktop.core.messages import Message
from waw_desktop.sync.outbox import Row

SCHEMA_VERSION = 1
LARGEST_AGE_MS = 2**31 - 1


def columns(
    rows: Sequence[Row], device_id: UUID, ages_ms: Sequence[int], sent_at: datetime
) -> dict[str, Any]:
    """Return a batch as the server wants it: one array for each field, blinks flat."""
    messages = [row.message for row in rows]
    return {
        "deviceId": str(device_id),
        "schemaVersion": SCHEMA_VERSION,
        "clientSentAt": rfc3339(sent_at),
        "messageIds": [str(message.message_id) for message in messages],
        "seqs": [str(row.seq) for row in rows],
        "startedAts": [rfc3339(message.started_at) for message in messages],
        "agesMs": list(ages_ms),
        "messageDurationsMs": [message.duration_ms for message in messages],
        "seenMs": [message.seen_ms for message in messages],
        "fpsMeans": [message.fps_mean for message in messages],
        "longClosures": [message.long_closures for message in messages],
        "closedMs": [message.closed_ms for message in messages],
        "blinkCounts": [len(message.onsets_ms) for message in messages],
        "onsetsMs": list(chain.from_iterable(message.onsets_ms for message in messages)),
        "durationsMs": list(chain.from_iterable(message.durations_ms for message in messages)),
        "closures": list(chain.from_iterable(message.closures for message in messages)),
    }


def ages_ms(rows: Sequence[Row], now_ms: int, boot_id: str) -> list[int]:
    """Return how long ago each message began, -1 where the machine has restarted since.

    Args:
        rows: The messages.
        now_ms: On the clock that runs on while the machine sleeps.
        boot_id: The start of the machine that clock counts from.
    """
    return [_age_ms(row.message, now_ms, boot_id) for row in rows]


def _age_ms(message: Message, now_ms: int, boot_id: str) -> int:
    age_ms = now_ms - message.started_mono_ms
    is_known = message.boot_id == boot_id and 0 <= age_ms <= LARGEST_AGE_MS
    return age_ms if is_known else -1


def rfc3339(instant: datetime) -> str:
    """Return an aware time as the server's UtcDateTime, in milliseconds.

    >>> rfc3339(datetime(2026, 3, 1, 9, 30, tzinfo=UTC))
    '2026-03-01T09:30:00.000Z'
    """
    utc = instant.astimezone(UTC).isoformat(timespec="milliseconds")
    return utc.removesuffix("+00:00") + "Z"


def message_input(row: Row, sent_at: datetime) -> dict[str, Any]:
    """Return one message as the server wants it alone."""
    message = row.message
    return {
        "messageId": str(message.message_id),
        "seq": str(row.seq),
        "startedAt": rfc3339(message.started_at),
        "durationMs": message.duration_ms,
        "seenMs": message.seen_ms,
        "fpsMean": message.fps_mean,
        "onsetsMs": list(message.onsets_ms),
        "durationsMs": list(message.durations_ms),
        "closures": list(message.closures),
        "longClosures": message.long_closures,
        "closedMs": message.closed_ms,
        "clientSentAt": rfc3339(sent_at),
    }
