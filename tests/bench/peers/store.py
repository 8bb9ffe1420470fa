"""What the peers do with messages: SQLAlchemy on asyncpg, on the tables that WaW made.

It is the server's own work, in one transaction: the session and the consent are asked of the
database, each message is stored once, what is new is added to its quarter-hour, and the
device's watermark goes on. Two manners are offered, both as users of SQLAlchemy write them: rows
that it inserts many at a time, and columns that PostgreSQL unnests in one statement.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import jwt
from sqlalchemy import bindparam, case, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from tests.bench.peers.messages import (
    QUARTER_S,
    ColumnsIn,
    MessageIn,
    MessagesIn,
    Refused,
    facts_of,
    facts_of_columns,
)
from tests.bench.peers.tables import Consent, Device, Message, Quarter, Session, User

KEY = os.environ["PEER_JWT_KEY"]
SUMS = ("messages", "blinks", "partial_blinks", "blink_ms", "long_closures", "closed_ms", "seen_ms")

# As many as there are connections in the benchmark: nobody waits for one.
engine = create_async_engine(os.environ["PEER_DATABASE_URL"], pool_size=16, max_overflow=0)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling."""

    user_id: UUID
    device_id: UUID
    device_name: str


@dataclass(frozen=True, slots=True)
class Batch:
    """A transaction of one caller's device, whose row is held.

    Attributes:
        connection: In the transaction.
        owner: The columns that say whose a row is.
        consents: When they agreed, and until when.
        now: When the request arrived.
    """

    connection: AsyncConnection
    owner: dict[str, Any]
    consents: list[tuple[datetime, datetime | None]]
    now: datetime

    def require_consent(self, instants: Iterable[datetime]) -> None:
        """Refuse what began while no consent was in force."""
        for instant in instants:
            if not any(
                granted_at <= instant and (withdrawn_at is None or instant < withdrawn_at)
                for granted_at, withdrawn_at in self.consents
            ):
                raise Refused("outside consent")


async def put_one(token: str, message: MessageIn) -> bool:
    """Store one message of the session's device; return whether it was new.

    Raises:
        Refused: If it may not be stored.
    """
    async with _batch(token, None) as batch:
        return bool(await _put(batch, [message], None))


async def put_rows(token: str, it: MessagesIn) -> set[UUID]:
    """Store messages given as objects; return the ids of those that were new.

    Raises:
        Refused: If they may not be stored.
    """
    async with _batch(token, it.device_id) as batch:
        new = await _put(batch, it.messages, it.client_sent_at)
        await batch.connection.execute(_ADVANCE, batch.owner)
    return new


async def put_columns(token: str, it: ColumnsIn) -> tuple[set[UUID], int]:
    """Store messages given as columns; return the new ones' ids and the watermark.

    Raises:
        Refused: If they may not be stored.
    """
    async with _batch(token, it.device_id) as batch:
        facts = facts_of_columns(it, batch.now)
        batch.require_consent(fact.started_at for fact in facts)
        starts, partial_blinks, blink_ms, hashes = zip(*facts, strict=True)
        columns = {
            "ids": it.message_ids,
            "seqs": it.seqs,
            "starts": starts,
            "device_starts": it.started_ats,
            "lengths": it.message_durations_ms,
            "seen": it.seen_ms,
            "fps": it.fps_means,
            "long": it.long_closures,
            "closed": it.closed_ms,
            "partial": partial_blinks,
            "blink_ms": blink_ms,
            "counts": it.blink_counts,
            "hashes": hashes,
            "onsets": it.onsets_ms,
            "durations": it.durations_ms,
            "closures": it.closures,
        }
        new = set(
            await batch.connection.scalars(
                _PUT_COLUMNS, {**batch.owner, "now": batch.now, **columns}
            )
        )
        watermark = await batch.connection.scalar(_ADVANCE, batch.owner)
    return new, watermark


async def _put(batch: Batch, messages: Sequence[MessageIn], sent_at: datetime | None) -> set[UUID]:
    rows = [_row(batch, it, sent_at) for it in messages]
    batch.require_consent(row["started_at"] for row in rows)
    new = set(await batch.connection.scalars(_PUT_MESSAGES, rows))
    if new:
        quarters = _quarters(batch, [row for row in rows if row["message_id"] in new])
        await batch.connection.execute(_PUT_QUARTERS, quarters)
    return new


@asynccontextmanager
async def _batch(token: str, device_id: UUID | None) -> AsyncIterator[Batch]:
    """Yield a transaction in which the device's row is taken: one batch of it at a time."""
    now = datetime.now(UTC)
    async with engine.begin() as connection:
        caller = await _caller(connection, token, now)
        found = await connection.execute(_FIND_CONSENTS, {"user_id": caller.user_id})
        consents = [(granted_at, withdrawn_at) for granted_at, withdrawn_at in found]
        if all(withdrawn_at is not None for _, withdrawn_at in consents):
            raise Refused("no consent")
        device = {
            "user_id": caller.user_id,
            "device_id": device_id or caller.device_id,
            "name": caller.device_name if device_id in (None, caller.device_id) else "",
            "latest_sync_at": now,
        }
        owner = {
            "user_id": caller.user_id,
            "device_id": await connection.scalar(_PUT_DEVICE, device),
        }
        yield Batch(connection, owner, consents, now)


async def _caller(connection: AsyncConnection, token: str, now: datetime) -> Caller:
    try:
        claims = jwt.decode(token, KEY, algorithms=["HS256"], audience="waw-api", issuer="waw")
    except jwt.InvalidTokenError as error:
        raise Refused("not signed in") from error
    found = await connection.execute(_FIND_CALLER, {"sid": UUID(claims["sid"]), "now": now})
    row = found.one_or_none()
    if row is None:
        raise Refused("not signed in")
    return Caller(*row)


def _row(batch: Batch, it: MessageIn, sent_at: datetime | None) -> dict[str, Any]:
    facts = facts_of(it, sent_at, batch.now)
    return {
        **it.__dict__,
        **batch.owner,
        "started_at": facts.started_at,
        "device_started_at": it.started_at,
        "received_at": batch.now,
        "partial_blinks": facts.partial_blinks,
        "payload_hash": facts.payload_hash,
    }


def _quarters(batch: Batch, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    sums: dict[float, dict[str, int]] = defaultdict(lambda: dict.fromkeys(SUMS, 0))
    for row in rows:
        quarter = sums[row["started_at"].timestamp() // QUARTER_S * QUARTER_S]
        quarter["messages"] += 1
        quarter["blinks"] += len(row["onsets_ms"])
        quarter["blink_ms"] += sum(row["durations_ms"])
        for column in ("partial_blinks", "long_closures", "closed_ms", "seen_ms"):
            quarter[column] += row[column]
    return [
        {**batch.owner, "quarter_start": datetime.fromtimestamp(begin_s, UTC), **sums[begin_s]}
        for begin_s in sorted(sums)
    ]


_FIND_CALLER = (
    select(Session.user_id, Session.device_id, Session.device_name)
    .join(User, User.id == Session.user_id)
    .where(
        Session.id == bindparam("sid"),
        Session.revoked_at.is_(None),
        Session.expires_at > bindparam("now"),
        User.is_active,
    )
)
_FIND_CONSENTS = select(Consent.granted_at, Consent.withdrawn_at).where(
    Consent.user_id == bindparam("user_id"), Consent.purpose == "cloud_sync"
)
_NEW_DEVICE = insert(Device).values(
    {name: bindparam(name) for name in ("user_id", "device_id", "name", "latest_sync_at")}
)
_PUT_DEVICE = _NEW_DEVICE.on_conflict_do_update(
    index_elements=[Device.user_id, Device.device_id],
    set_={
        "latest_sync_at": _NEW_DEVICE.excluded.latest_sync_at,
        "name": case((Device.name == "", _NEW_DEVICE.excluded.name), else_=Device.name),
    },
).returning(Device.id)
_PUT_MESSAGES = insert(Message).on_conflict_do_nothing().returning(Message.message_id)
_NEW_QUARTER = insert(Quarter)
_PUT_QUARTERS = _NEW_QUARTER.on_conflict_do_update(
    index_elements=[Quarter.user_id, Quarter.quarter_start, Quarter.device_id],
    set_={name: getattr(Quarter, name) + _NEW_QUARTER.excluded[name] for name in SUMS},
)

_PUT_COLUMNS = text("""
WITH incoming AS (
    SELECT *, (sum(blinks) OVER (ORDER BY place))::int AS last
    FROM unnest(
        CAST(:ids AS uuid[]), CAST(:seqs AS int8[]), CAST(:starts AS timestamptz[]),
        CAST(:device_starts AS timestamptz[]), CAST(:lengths AS int4[]), CAST(:seen AS int4[]),
        CAST(:fps AS float8[]), CAST(:long AS int2[]), CAST(:closed AS int4[]),
        CAST(:partial AS int2[]), CAST(:blink_ms AS int4[]), CAST(:counts AS int4[]),
        CAST(:hashes AS bytea[])
    ) WITH ORDINALITY AS m (
        message_id, seq, started_at, device_started_at, duration_ms, seen_ms, fps_mean,
        long_closures, closed_ms, partial_blinks, blink_ms, blinks, payload_hash, place
    )
), stored AS (
    INSERT INTO blinks_message (
        user_id, device_id, received_at, message_id, seq, started_at, device_started_at,
        duration_ms, seen_ms, fps_mean, long_closures, closed_ms, partial_blinks,
        onsets_ms, durations_ms, closures, payload_hash
    )
    SELECT
        CAST(:user_id AS uuid), CAST(:device_id AS int8), CAST(:now AS timestamptz),
        message_id, seq, started_at, device_started_at,
        duration_ms, seen_ms, fps_mean, long_closures, closed_ms, partial_blinks,
        (CAST(:onsets AS int4[]))[last - blinks + 1:last],
        (CAST(:durations AS int2[]))[last - blinks + 1:last],
        (CAST(:closures AS int2[]))[last - blinks + 1:last], payload_hash
    FROM incoming ORDER BY message_id
    ON CONFLICT DO NOTHING
    RETURNING message_id
), summed AS (
    INSERT INTO blinks_blinkquarter AS q (
        user_id, device_id, quarter_start, messages, blinks, partial_blinks,
        blink_ms, long_closures, closed_ms, seen_ms
    )
    SELECT
        CAST(:user_id AS uuid), CAST(:device_id AS int8),
        date_bin('15 minutes', started_at, '2000-01-01 00:00Z') AS quarter,
        count(*), sum(blinks), sum(partial_blinks),
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
""")

_ADVANCE = text("""
UPDATE blinks_device d SET watermark = coalesce((
    SELECT max(seq) FROM (
        SELECT seq, seq - row_number() OVER (ORDER BY seq) AS behind
        FROM blinks_message
        WHERE device_id = d.id AND seq > d.watermark AND seq <= d.watermark + 1000
    ) following WHERE behind = d.watermark
), d.watermark)
WHERE id = :device_id RETURNING watermark
""")
