"""Writes: messages are taken in, each exactly once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from django.db import connection, transaction

from waw_server.accounts.models import Consent
from waw_server.accounts.selectors import consents_of
from waw_server.blinks import messages
from waw_server.blinks.messages import Checked, Columns, Fault

T = TypeVar("T")


class ConsentMissing(Exception):
    """No consent to keep messages is in force; nothing was stored."""


class Status(StrEnum):
    """What became of one message."""

    ACCEPTED = "ACCEPTED"
    DUPLICATE = "DUPLICATE"
    CONFLICT = "CONFLICT"
    REJECTED = "REJECTED"


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer for one message; only this lets a device forget it."""

    message_id: UUID
    status: Status
    code: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Receipts:
    """The answer for a batch.

    Attributes:
        receipts: One a message, in the order of the batch.
        watermark: Every message of the device up to this number has arrived.
    """

    receipts: list[Receipt]
    watermark: int


@transaction.atomic
def record_messages(
    *,
    user_id: UUID,
    device_id: UUID,
    device_name: str,
    columns: Columns,
    sent_at: datetime | None,
    received_at: datetime,
) -> Receipts:
    """Store the messages that are in order and not here yet, with their quarter-hours.

    One transaction; messages and sums change in one statement, so sending a batch again
    changes nothing.

    Args:
        user_id: Whose messages they are.
        device_id: Which of their devices they come from; made known if new.
        device_name: What to call it then.
        columns: The messages.
        sent_at: By the device's clock, None if it did not say.
        received_at: By ours.

    Raises:
        ConsentMissing: If they have not agreed to it, or no longer do.
        Malformed: If the columns do not belong together.
    """
    messages.require_even(columns)
    consents = consents_of(user_id, Consent.Purpose.CLOUD_SYNC)
    if all(consent.withdrawn_at is not None for consent in consents):
        raise ConsentMissing
    judged = [
        item if isinstance(item, Fault) else _outside_consent(item, consents) or item
        for item in messages.check(columns, sent_at=sent_at, received_at=received_at)
    ]
    device_pk, watermark = _device(user_id, device_id, device_name, received_at)
    new = _first_of_each(columns, [item for item in judged if isinstance(item, Checked)])
    stored = _store(user_id, device_pk, columns, new, received_at)
    if stored:
        watermark = _advanced_watermark(device_pk)
    accepted = {item.index for item in new if columns.message_ids[item.index] in stored}
    known = _known_hashes(user_id, columns, [i for i in range(len(judged)) if i not in accepted])
    receipts = [
        _receipt(columns.message_ids[index], item, known, is_new=index in accepted)
        for index, item in enumerate(judged)
    ]
    return Receipts(receipts, watermark)


def _outside_consent(item: Checked, consents: list[Consent]) -> Fault | None:
    for consent in consents:
        begins_inside = consent.granted_at <= item.started_at
        if begins_inside and (
            consent.withdrawn_at is None or item.started_at < consent.withdrawn_at
        ):
            return None
    return Fault("OUTSIDE_CONSENT", "startedAt: not while consent was in force")


def _first_of_each(columns: Columns, items: list[Checked]) -> list[Checked]:
    """Drop repetitions within a batch: they are judged against the first, once it is stored."""
    seen: set[UUID] = set()
    firsts = []
    for item in items:
        message_id = columns.message_ids[item.index]
        if message_id not in seen:
            seen.add(message_id)
            firsts.append(item)
    return firsts


def _receipt(
    message_id: UUID, item: Checked | Fault, known: dict[UUID, bytes], *, is_new: bool
) -> Receipt:
    if isinstance(item, Fault):
        return Receipt(message_id, Status.REJECTED, item.code, item.detail)
    if is_new:
        return Receipt(message_id, Status.ACCEPTED)
    if message_id not in known:
        return Receipt(message_id, Status.CONFLICT, "SEQ_TAKEN", "seq: names another message")
    if known[message_id] != item.payload_hash:
        detail = "messageId: was stored with another content"
        return Receipt(message_id, Status.CONFLICT, "PAYLOAD_DIFFERS", detail)
    return Receipt(message_id, Status.DUPLICATE)


# Taking the device's row first lets one batch of a device in at a time, so that two of them
# never wait for each other's messages.
_DEVICE = """
INSERT INTO blinks_device AS d (user_id, device_id, name, latest_sync_at)
VALUES (%s, %s, %s, %s)
ON CONFLICT (user_id, device_id) DO UPDATE SET
    latest_sync_at = excluded.latest_sync_at,
    name = CASE d.name WHEN '' THEN excluded.name ELSE d.name END
RETURNING id, watermark
"""

# What is new, and only that, is added to the sums: one statement, so a retry never counts
# twice. Rows go in in key order, so concurrent batches never deadlock.
_STORE = """
WITH incoming AS (
    SELECT * FROM unnest(
        %s::uuid[], %s::int8[], %s::timestamptz[], %s::timestamptz[], %s::int4[], %s::int4[],
        %s::float8[], %s::int2[], %s::int4[], %s::int4[], %s::int4[], %s::int4[], %s::int4[],
        %s::bytea[]
    ) AS m (
        message_id, seq, started_at, device_started_at, duration_ms, seen_ms,
        fps_mean, long_closures, closed_ms, partial_blinks, blink_ms, first, last,
        payload_hash
    )
), stored AS (
    INSERT INTO blinks_message (
        user_id, device_id, received_at, message_id, seq, started_at, device_started_at,
        duration_ms, seen_ms, fps_mean, long_closures, closed_ms, partial_blinks,
        onsets_ms, durations_ms, closures, payload_hash
    )
    SELECT
        %s, %s, %s, message_id, seq, started_at, device_started_at,
        duration_ms, seen_ms, fps_mean, long_closures, closed_ms, partial_blinks,
        (%s::int4[])[first + 1:last], (%s::int2[])[first + 1:last],
        (%s::int2[])[first + 1:last], payload_hash
    FROM incoming ORDER BY message_id
    ON CONFLICT DO NOTHING
    RETURNING message_id
), summed AS (
    INSERT INTO blinks_blinkquarter AS q (
        user_id, device_id, quarter_start, messages, blinks, partial_blinks,
        blink_ms, long_closures, closed_ms, seen_ms
    )
    SELECT
        %s, %s, date_bin('15 minutes', started_at, '2000-01-01 00:00Z') AS quarter,
        count(*), sum(last - first), sum(partial_blinks),
        sum(blink_ms), sum(long_closures), sum(closed_ms), sum(seen_ms)
    FROM incoming JOIN stored USING (message_id) GROUP BY quarter ORDER BY quarter
    ON CONFLICT (user_id, quarter_start, device_id) DO UPDATE SET
        messages = q.messages + excluded.messages,
        blinks = q.blinks + excluded.blinks,
        partial_blinks = q.partial_blinks + excluded.partial_blinks,
        blink_ms = q.blink_ms + excluded.blink_ms,
        long_closures = q.long_closures + excluded.long_closures,
        closed_ms = q.closed_ms + excluded.closed_ms,
        seen_ms = q.seen_ms + excluded.seen_ms
)
SELECT message_id FROM stored
"""

# Numbers that follow the watermark without a gap keep the same distance to their rank. A
# refused message leaves a gap for good, so only the next thousand are looked at.
_WATERMARK = """
UPDATE blinks_device d SET watermark = coalesce((
    SELECT max(seq) FROM (
        SELECT seq, seq - row_number() OVER (ORDER BY seq) AS behind
        FROM blinks_message WHERE device_id = d.id AND seq > d.watermark
        ORDER BY seq LIMIT 1000
    ) following WHERE behind = d.watermark
), d.watermark)
WHERE id = %s RETURNING watermark
"""

_KNOWN = """
SELECT message_id, payload_hash FROM blinks_message WHERE user_id = %s AND message_id = ANY(%s)
"""


def _device(user_id: UUID, device_id: UUID, name: str, now: datetime) -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(_DEVICE, (user_id, device_id, name, now))
        device_pk, watermark = cursor.fetchone()
    return device_pk, watermark


def _store(
    user_id: UUID, device_pk: int, it: Columns, items: list[Checked], received_at: datetime
) -> set[UUID]:
    """Store messages and add them to their quarters; return the ids of those that were new."""
    if not items:
        return set()
    places = [item.index for item in items]

    def of(column: Sequence[T]) -> list[T]:
        return [column[place] for place in places]

    owner = (user_id, device_pk)
    with connection.cursor() as cursor:
        cursor.execute(
            _STORE,
            (
                of(it.message_ids),
                of(it.seqs),
                [item.started_at for item in items],
                of(it.started_at),
                of(it.message_durations_ms),
                of(it.seen_ms),
                of(it.fps_means),
                of(it.long_closures),
                of(it.closed_ms),
                [item.partial_blinks for item in items],
                [item.blink_ms for item in items],
                [item.first for item in items],
                [item.last for item in items],
                [item.payload_hash for item in items],
                *(*owner, received_at),
                *(_array(it.onsets_ms), _array(it.durations_ms), _array(it.closures)),
                *owner,
            ),
        )
        return {message_id for (message_id,) in cursor.fetchall()}


def _array(numbers: Sequence[int]) -> str:
    """Return PostgreSQL's literal of an array: formatting it here is quicker than psycopg."""
    return f"{{{str(list(numbers))[1:-1]}}}"


def _advanced_watermark(device_pk: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_WATERMARK, (device_pk,))
        (watermark,) = cursor.fetchone()
    return int(watermark)


def _known_hashes(user_id: UUID, it: Columns, places: list[int]) -> dict[UUID, bytes]:
    """Return the payload hashes of those messages that this person already has."""
    if not places:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, (user_id, [it.message_ids[place] for place in places]))
        return {message_id: bytes(payload_hash) for message_id, payload_hash in cursor.fetchall()}
