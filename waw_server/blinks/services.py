"""Writes: messages are taken in, each exactly once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from itertools import accumulate, chain
from typing import TypeVar
from uuid import UUID

from django.db import connection, transaction

from waw_server.accounts.models import Consent
from waw_server.accounts.selectors import consent_intervals
from waw_server.blinks import messages
from waw_server.blinks.messages import Checked, Columns, Fault
from waw_server.blinks.models import Device
from waw_server.ops.notices import look_again

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


def record_message(
    *,
    user_id: UUID,
    device_id: UUID,
    device_name: str,
    columns: Columns,
    sent_at: datetime | None,
    received_at: datetime,
) -> Receipt:
    """Store one message that has just been measured: `record_messages` with a batch of one.

    Raises:
        ConsentMissing: If they have not agreed to it, or no longer do.
        Malformed: If the columns do not belong together.
    """
    _, receipts = _record(user_id, device_id, device_name, columns, sent_at, received_at)
    return receipts[0]


def record_messages(
    *,
    user_id: UUID,
    device_id: UUID,
    device_name: str,
    columns: Columns,
    sent_at: datetime,
    received_at: datetime,
) -> Receipts:
    """Store the messages that are in order and not here yet, with their quarter-hours.

    All of it is one statement, and so one transaction: it is stored when this returns, and
    sending a batch again changes nothing.

    Args:
        user_id: Whose messages they are.
        device_id: Which of their devices they come from; made known if new.
        device_name: What to call it then.
        columns: The messages.
        sent_at: By the device's clock.
        received_at: By ours.

    Raises:
        ConsentMissing: If they have not agreed to it, or no longer do.
        Malformed: If the columns do not belong together.
    """
    device_pk, receipts = _record(user_id, device_id, device_name, columns, sent_at, received_at)
    return Receipts(receipts, _advanced_watermark(device_pk))


def hold_devices(user_id: UUID) -> None:
    """Let a person's batches under way end, and those that follow wait for the transaction."""
    devices = Device.objects.select_for_update().filter(user_id=user_id).order_by("pk")
    list(devices.values_list("pk"))


def _record(
    user_id: UUID,
    device_id: UUID,
    device_name: str,
    columns: Columns,
    sent_at: datetime | None,
    received_at: datetime,
) -> tuple[int, list[Receipt]]:
    """Return the device's key and a receipt for each message."""
    messages.require_even(columns)
    consents = consent_intervals(user_id, Consent.Purpose.CLOUD_SYNC)
    if all(withdrawn_at is not None for _, withdrawn_at in consents):
        raise ConsentMissing
    judged = [
        item if isinstance(item, Fault) else _outside_consent(item, consents) or item
        for item in messages.check(columns, sent_at=sent_at, received_at=received_at)
    ]
    new = _first_of_each(columns, [item for item in judged if isinstance(item, Checked)])
    device = (user_id, device_id, device_name, received_at)
    device_pk, stored = _store(device, columns, new)
    accepted = {item.index for item in new if columns.message_ids[item.index] in stored}
    if accepted:
        transaction.on_commit(partial(look_again, user_id), robust=True)
    known = _known_hashes(user_id, columns, [i for i in range(len(judged)) if i not in accepted])
    receipts = [
        _receipt(columns.message_ids[index], item, known, is_new=index in accepted)
        for index, item in enumerate(judged)
    ]
    return device_pk, receipts


def _outside_consent(
    item: Checked, consents: list[tuple[datetime, datetime | None]]
) -> Fault | None:
    for granted_at, withdrawn_at in consents:
        if granted_at <= item.started_at and (
            withdrawn_at is None or item.started_at < withdrawn_at
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


# What is new, and only that, is added to the sums, in one statement with the messages, so a
# retry never counts twice. The device's row is taken first, which lets in one batch of a device
# at a time, and rows go in in key order, so that batches never wait for each other in a ring.
_STORE = """
WITH device AS (
    INSERT INTO blinks_device AS d (user_id, device_id, name, latest_sync_at)
    VALUES (%s, %s, %s, %s)
    ON CONFLICT (user_id, device_id) DO UPDATE SET
        latest_sync_at = excluded.latest_sync_at,
        name = CASE d.name WHEN '' THEN excluded.name ELSE d.name END
    RETURNING id, user_id, latest_sync_at AS received_at
), incoming AS (
    SELECT * FROM device, unnest(
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
        user_id, id, received_at, message_id, seq, started_at, device_started_at,
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
        user_id, id, date_bin('15 minutes', started_at, '2000-01-01 00:00Z') AS quarter,
        count(*), sum(last - first), sum(partial_blinks),
        sum(blink_ms), sum(long_closures), sum(closed_ms), sum(seen_ms)
    FROM incoming JOIN stored USING (message_id)
    GROUP BY user_id, id, quarter ORDER BY quarter
    ON CONFLICT (user_id, quarter_start, device_id) DO UPDATE SET
        messages = q.messages + excluded.messages,
        blinks = q.blinks + excluded.blinks,
        partial_blinks = q.partial_blinks + excluded.partial_blinks,
        blink_ms = q.blink_ms + excluded.blink_ms,
        long_closures = q.long_closures + excluded.long_closures,
        closed_ms = q.closed_ms + excluded.closed_ms,
        seen_ms = q.seen_ms + excluded.seen_ms
)
SELECT id, ARRAY(SELECT message_id FROM stored) FROM device
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


def _store(
    device: tuple[UUID, UUID, str, datetime], it: Columns, items: list[Checked]
) -> tuple[int, set[UUID]]:
    """Store messages and add them to their quarters; return the device and the new ids."""
    places = [item.index for item in items]
    lasts = list(accumulate(item.last - item.first for item in items))

    def of(column: Sequence[T]) -> list[T]:
        return [column[place] for place in places]

    def flat(column: Sequence[int]) -> str:
        # Only of these messages: a faulty one's numbers may be too large for any array.
        return _array(chain.from_iterable(column[item.first : item.last] for item in items))

    with connection.cursor() as cursor:
        cursor.execute(
            _STORE,
            (
                *device,
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
                [0, *lasts][:-1],
                lasts,
                [item.payload_hash for item in items],
                *(flat(it.onsets_ms), flat(it.durations_ms), flat(it.closures)),
            ),
        )
        device_pk, stored = cursor.fetchone()
    return device_pk, set(stored)


def _array(numbers: Iterable[int]) -> str:
    """Return PostgreSQL's literal of an array: formatting it here is quicker than psycopg."""
    return f"{{{str(list(numbers))[1:-1]}}}"


def _advanced_watermark(device_pk: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_WATERMARK, (device_pk,))
        row = cursor.fetchone()
    return int(row[0]) if row else 0  # none: the person was erased a moment ago


def _known_hashes(user_id: UUID, it: Columns, places: list[int]) -> dict[UUID, bytes]:
    """Return the payload hashes of those messages that this person already has."""
    if not places:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, (user_id, [it.message_ids[place] for place in places]))
        return {message_id: bytes(payload_hash) for message_id, payload_hash in cursor.fetchall()}
