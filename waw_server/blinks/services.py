"""Writes: messages are taken in, each exactly once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import TypeVar
from uuid import UUID

from django.db import connection, transaction

from waw_server.accounts.models import Consent
from waw_server.accounts.selectors import CONSENT_INTERVALS, SENDER, NotSignedIn
from waw_server.blinks import messages
from waw_server.blinks.messages import Columns, Fault, Judged
from waw_server.blinks.models import Device
from waw_server.ops import arrays
from waw_server.ops.arrays import Array
from waw_server.ops.notices import look_again

T = TypeVar("T")
OUTSIDE_CONSENT = Fault("OUTSIDE_CONSENT", "startedAt: not while consent was in force")


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
    session_id: UUID,
    columns: Columns,
    sent_at: datetime | None,
    received_at: datetime,
) -> Receipt:
    """Store a message of a session's own device: `record_messages` with a batch of one.

    Raises:
        NotSignedIn: If the session is not alive.
        ConsentMissing: If they have not agreed to it, or no longer do.
        Malformed: If the columns do not belong together.
    """
    _, receipts = _record(session_id, None, columns, sent_at, received_at)
    return receipts[0]


def record_messages(
    *,
    session_id: UUID,
    device_id: UUID,
    columns: Columns,
    sent_at: datetime,
    received_at: datetime,
) -> Receipts:
    """Store the messages that are in order and not here yet, with their quarter-hours.

    All of it is one statement, and so one transaction: it is stored when this returns, and
    sending a batch again changes nothing.

    Args:
        session_id: Of whoever sends them.
        device_id: Which of their devices they come from; made known if new, under the
            session's name if it is the session's own.
        columns: The messages.
        sent_at: By the device's clock.
        received_at: By ours.

    Raises:
        NotSignedIn: If the session is not alive.
        ConsentMissing: If they have not agreed to it, or no longer do.
        Malformed: If the columns do not belong together.
    """
    device_pk, receipts = _record(session_id, device_id, columns, sent_at, received_at)
    return Receipts(receipts, _advanced_watermark(device_pk))


def hold_devices(user_id: UUID) -> None:
    """Let a person's batches under way end, and those that follow wait for the transaction."""
    devices = Device.objects.select_for_update().filter(user_id=user_id).order_by("pk")
    list(devices.values_list("pk"))


def _record(
    session_id: UUID,
    device_id: UUID | None,
    columns: Columns,
    sent_at: datetime | None,
    received_at: datetime,
) -> tuple[int, list[Receipt]]:
    """Return the device's key and a receipt for each message."""
    messages.require_even(columns)
    judged = messages.judge(columns, sent_at=sent_at, received_at=received_at)
    stored = _store(session_id, device_id, received_at, columns, judged)
    receipts = [Receipt(message_id, Status.ACCEPTED) for message_id in columns.message_ids]
    known = _known_hashes(stored.user_id, [columns.message_ids[place] for place in stored.not_new])
    for place in stored.not_new:
        payload_hash = judged.payload_hashes[place]
        receipts[place] = _receipt_again(columns.message_ids[place], payload_hash, known)
    faults = dict.fromkeys(stored.not_agreed, OUTSIDE_CONSENT) | judged.faults
    for place, fault in faults.items():
        message_id = columns.message_ids[place]
        receipts[place] = Receipt(message_id, Status.REJECTED, fault.code, fault.detail)
    if len(stored.not_new) + len(faults) < len(receipts):
        transaction.on_commit(partial(look_again, stored.user_id), robust=True)
    return stored.device_pk, receipts


def _receipt_again(message_id: UUID, payload_hash: bytes, known: dict[UUID, bytes]) -> Receipt:
    if message_id not in known:
        return Receipt(message_id, Status.CONFLICT, "SEQ_TAKEN", "seq: names another message")
    if known[message_id] != payload_hash:
        detail = "messageId: was stored with another content"
        return Receipt(message_id, Status.CONFLICT, "PAYLOAD_DIFFERS", detail)
    return Receipt(message_id, Status.DUPLICATE)


# What is new, and only that, is added to the sums, in one statement with the messages, so a
# retry never counts twice. The device's row is taken first, which lets in one batch of a device
# at a time, and rows go in in key order, so that batches never wait for each other in a ring.
# Without a living session there is no sender, and without consent in force no device, and so
# nothing at all.
_STORE = f"""
WITH sender AS (
    {SENDER}
), consent AS (
    {CONSENT_INTERVALS}
), named AS (
    SELECT user_id, coalesce(%s::uuid, device_id) AS id, device_id AS own_id, device_name
    FROM sender
), device AS (
    INSERT INTO blinks_device AS d (user_id, device_id, name, latest_sync_at)
    SELECT user_id, id, CASE id WHEN own_id THEN device_name ELSE '' END, %s FROM named
    WHERE EXISTS (SELECT FROM consent WHERE withdrawn_at IS NULL)
    ON CONFLICT (user_id, device_id) DO UPDATE SET
        latest_sync_at = excluded.latest_sync_at,
        name = CASE d.name WHEN '' THEN excluded.name ELSE d.name END
    RETURNING id, user_id, latest_sync_at AS received_at
), incoming AS (
    SELECT *, EXISTS (
        SELECT FROM consent
        WHERE granted_at <= started_at AND (withdrawn_at IS NULL OR started_at < withdrawn_at)
    ) AS is_agreed
    FROM device, unnest(
        %s::uuid[], %s::int8[], %s::timestamptz[], %s::timestamptz[], %s::int4[], %s::int4[],
        %s::float8[], %s::int2[], %s::int4[], %s::int4[], %s::int4[], %s::int4[], %s::int4[],
        %s::bytea[]
    ) WITH ORDINALITY AS m (
        message_id, seq, started_at, device_started_at, duration_ms, seen_ms,
        fps_mean, long_closures, closed_ms, partial_blinks, blink_ms, first, last,
        payload_hash, place
    )
), agreed AS (
    SELECT DISTINCT ON (message_id) * FROM incoming WHERE is_agreed ORDER BY message_id, place
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
    FROM agreed ORDER BY message_id
    ON CONFLICT DO NOTHING
    RETURNING message_id
), new AS (
    SELECT agreed.* FROM agreed JOIN stored USING (message_id)
), summed AS (
    INSERT INTO blinks_blinkquarter AS q (
        user_id, device_id, quarter_start, messages, blinks, partial_blinks,
        blink_ms, long_closures, closed_ms, seen_ms
    )
    SELECT
        user_id, id, date_bin('15 minutes', started_at, '2000-01-01 00:00Z') AS quarter,
        count(*), sum(last - first), sum(partial_blinks),
        sum(blink_ms), sum(long_closures), sum(closed_ms), sum(seen_ms)
    FROM new
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
SELECT
    sender.user_id,
    device.id,
    ARRAY(SELECT place FROM incoming WHERE NOT is_agreed),
    ARRAY(SELECT place FROM incoming WHERE is_agreed EXCEPT SELECT place FROM new)
FROM sender LEFT JOIN device ON true
"""  # noqa: S608 - what is put in is another constant

# Numbers that follow the watermark without a gap keep the same distance to their rank. A
# refused message leaves a gap for good, so only the next thousand are looked at. Both ends are
# given for the sake of the plan as well: it is kept from when the table was small, and with one
# end open it was then to read all of it.
_WATERMARK = """
UPDATE blinks_device d SET watermark = coalesce((
    SELECT max(seq) FROM (
        SELECT seq, seq - row_number() OVER (ORDER BY seq) AS behind
        FROM blinks_message
        WHERE device_id = d.id AND seq > d.watermark AND seq <= d.watermark + 1000
    ) following WHERE behind = d.watermark
), d.watermark)
WHERE id = %s RETURNING watermark
"""

_KNOWN = """
SELECT message_id, payload_hash FROM blinks_message WHERE user_id = %s AND message_id = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class _Stored:
    """What became of the messages in order, by their places in the batch.

    Attributes:
        user_id: Who sent them.
        device_pk: The device's key.
        not_agreed: Those that began while no consent was in force.
        not_new: Those whose id or number was taken already.
    """

    user_id: UUID
    device_pk: int
    not_agreed: list[int]
    not_new: list[int]


def _store(
    session_id: UUID,
    device_id: UUID | None,
    received_at: datetime,
    it: Columns,
    judged: Judged,
) -> _Stored:
    """Store what is in order and new, and add it to its quarters.

    Raises:
        NotSignedIn: If the session is not alive; nothing was stored, as with the other.
        ConsentMissing: If no consent is in force.
    """
    places = [place for place in range(len(it.message_ids)) if place not in judged.faults]
    sender = (received_at, session_id, Consent.Purpose.CLOUD_SYNC, device_id, received_at)
    with connection.cursor() as cursor:
        cursor.execute(_STORE, (*sender, *_arrays(it, judged, places)))
        row = cursor.fetchone()
    if row is None:
        raise NotSignedIn
    user_id, device_pk, not_agreed, not_new = row
    if device_pk is None:
        raise ConsentMissing
    return _Stored(
        user_id,
        device_pk,
        not_agreed=[places[place - 1] for place in not_agreed],
        not_new=[places[place - 1] for place in not_new],
    )


def _arrays(it: Columns, judged: Judged, places: list[int]) -> Iterator[Array]:
    """Yield the columns of some messages as the statement takes them."""

    def of(column: Sequence[T]) -> Sequence[T]:
        return [column[place] for place in places] if judged.faults else column

    def flat(column: Sequence[int]) -> Sequence[int]:
        # A refused message's numbers may be too large for any array.
        column = list(column)
        for place in judged.faults:
            first, last = judged.firsts[place], judged.lasts[place]
            column[first:last] = [0] * (last - first)
        return column

    yield arrays.uuids(of(it.message_ids))
    yield arrays.int8s(of(it.seqs))
    yield arrays.instants(of(judged.started_at))
    yield arrays.instants(of(it.started_at))
    yield arrays.int4s(of(it.message_durations_ms))
    yield arrays.int4s(of(it.seen_ms))
    yield arrays.float8s(of(it.fps_means))
    yield arrays.int2s(of(it.long_closures))
    yield arrays.int4s(of(it.closed_ms))
    yield arrays.int4s(of(judged.partial_blinks))
    yield arrays.int4s(of(judged.blink_ms))
    yield arrays.int4s(of(judged.firsts))
    yield arrays.int4s(of(judged.lasts))
    yield arrays.digests(of(judged.payload_hashes))
    yield arrays.int4s(flat(it.onsets_ms))
    yield arrays.int2s(flat(it.durations_ms))
    yield arrays.int2s(flat(it.closures))


def _advanced_watermark(device_pk: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_WATERMARK, (device_pk,))
        row = cursor.fetchone()
    return int(row[0]) if row else 0  # none: the person was erased a moment ago


def _known_hashes(user_id: UUID, message_ids: list[UUID]) -> dict[UUID, bytes]:
    """Return the payload hashes of those messages that this person already has."""
    if not message_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, (user_id, message_ids))
        return {message_id: bytes(payload_hash) for message_id, payload_hash in cursor.fetchall()}
