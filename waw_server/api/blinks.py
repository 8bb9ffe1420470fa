"""Messages in, history out."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import strawberry
from django.utils import timezone

from waw_server.api import words
from waw_server.api.context import ApiContext
from waw_server.api.inputs import built_whole
from waw_server.api.permissions import SHOWS_TOKEN, SIGNED_IN
from waw_server.api.scalars import (
    BigInt,
    BigIntColumn,
    FloatColumn,
    IntColumn,
    ReceiptStatusColumn,
    TextColumn,
    UtcDateTime,
    UtcDateTimeColumn,
    UuidColumn,
)
from waw_server.blinks import models, selectors, services, versions
from waw_server.blinks.messages import Columns

Info = strawberry.Info[ApiContext]

words.enum(
    selectors.Bucket,
    name="Bucket",
    description="How long a time each entry sums.",
    MINUTE="For up to 7 days.",
    QUARTER="A quarter of an hour, for up to 62 days.",
    HOUR="For up to 190 days.",
    DAY="From midnight to midnight, for up to 6 years.",
    WEEK="From Monday to Monday, for up to 20 years.",
)
words.enum(
    services.Status,
    name="ReceiptStatus",
    description="ACCEPTED and DUPLICATE: the server has it. CONFLICT and REJECTED: never will.",
    ACCEPTED="Stored now.",
    DUPLICATE="Was stored before, with the same content.",
    CONFLICT="Another one has its id or its number; see the code.",
    REJECTED="Cannot be stored; see code and detail.",
)


@strawberry.type
class Device:
    """A tracker's installation."""

    id: UUID = strawberry.field(description="Made by the tracker when it was installed.")
    name: str = strawberry.field(description="As its tracker calls it; may be empty.")
    latest_sync_at: UtcDateTime | None = strawberry.field(
        description="When a message last arrived; null if none ever did."
    )
    watermark: BigInt = strawberry.field(description="Every message up to this number has arrived.")

    @classmethod
    def of(cls, it: models.Device) -> Device:
        """Translate a stored device."""
        return cls(
            id=it.device_id,
            name=it.name,
            latest_sync_at=UtcDateTime(it.latest_sync_at) if it.latest_sync_at else None,
            watermark=BigInt(it.watermark),
        )


@strawberry.type
class Figures:
    """Sums over some time."""

    messages: int = strawberry.field(description="How many are summed.")
    blinks: int = strawberry.field(description="Complete and partial ones.")
    partial_blinks: int = strawberry.field(description="Closed less than 80 percent.")
    long_closures: int = strawberry.field(description="Over half a second; not blinks.")
    closed_ms: BigInt = strawberry.field(description="Time with the lids down.")
    seen_ms: BigInt = strawberry.field(description="With a usable face: what rates are over.")
    blinks_per_min: float | None = strawberry.field(
        description="Per seen minute; null where nothing was seen."
    )

    @classmethod
    def of(cls, it: selectors.Figures) -> Figures:
        """Translate figures."""
        return cls(
            messages=it.messages,
            blinks=it.blinks,
            partial_blinks=it.partial_blinks,
            long_closures=it.long_closures,
            closed_ms=BigInt(it.closed_ms),
            seen_ms=BigInt(it.seen_ms),
            blinks_per_min=it.blinks_per_min,
        )


@strawberry.type
class BlinkSeries:
    """Figures side by side: entry i of each array belongs to the bucket that starts at starts[i].

    A bucket in which nothing was seen is left out: no data is not zero.
    """

    starts: list[UtcDateTime] = strawberry.field(description="When each bucket begins.")
    messages: IntColumn = strawberry.field(description="How many are summed.")
    blinks: IntColumn = strawberry.field(description="Complete and partial ones.")
    partial_blinks: IntColumn = strawberry.field(description="Closed less than 80 percent.")
    long_closures: IntColumn = strawberry.field(description="Over half a second; not blinks.")
    closed_ms: IntColumn = strawberry.field(description="Time with the lids down.")
    seen_ms: IntColumn = strawberry.field(
        description="Time with a usable face: what rates are over."
    )
    blinks_per_min: list[float | None] = strawberry.field(
        description="Per seen minute; null where nothing was seen."
    )

    @classmethod
    def of(cls, it: selectors.Series) -> BlinkSeries:
        """Turn rows into columns."""
        return cls(
            starts=[UtcDateTime(start) for start in it.starts],
            messages=IntColumn([each.messages for each in it.figures]),
            blinks=IntColumn([each.blinks for each in it.figures]),
            partial_blinks=IntColumn([each.partial_blinks for each in it.figures]),
            long_closures=IntColumn([each.long_closures for each in it.figures]),
            closed_ms=IntColumn([each.closed_ms for each in it.figures]),
            seen_ms=IntColumn([each.seen_ms for each in it.figures]),
            blinks_per_min=[each.blinks_per_min for each in it.figures],
        )


@built_whole
@strawberry.input
class MessageInput:
    """One sealed minute, or less, of one device."""

    message_id: UUID = strawberry.field(description="Made when it was sealed, UUIDv7.")
    seq: BigInt = strawberry.field(description="Counts this device's messages, from 1.")
    started_at: UtcDateTime = strawberry.field(description="By the device's clock.")
    duration_ms: int = strawberry.field(description="At most 60000, within one quarter-hour.")
    seen_ms: int = strawberry.field(description="Of that, with a usable face.")
    fps_mean: float = strawberry.field(description="Frames a second, on average.")
    onsets_ms: IntColumn = strawberry.field(description="Begin of each blink, ascending.")
    durations_ms: IntColumn = strawberry.field(description="Length of each blink.")
    closures: IntColumn = strawberry.field(description="How far each closed, percent.")
    long_closures: int = strawberry.field(description="Over half a second; not blinks.")
    closed_ms: int = strawberry.field(description="Time with the lids down.")
    client_sent_at: UtcDateTime | None = strawberry.field(
        default=None, description="Now, by the device's clock: how far it is off."
    )


@built_whole
@strawberry.input
class SyncBlinksInput:
    """Up to 250 messages of one device, in columns: entry i of each belongs to message i."""

    device_id: UUID = strawberry.field(description="Whose messages these are.")
    schema_version: int = strawberry.field(
        description="Of these columns: the newest, which is 1, or one of the two before it."
    )
    client_sent_at: UtcDateTime = strawberry.field(description="Now, by the device's clock.")
    message_ids: UuidColumn = strawberry.field(description="Made when each was sealed, UUIDv7.")
    seqs: BigIntColumn = strawberry.field(description="Count this device's messages, from 1.")
    started_ats: UtcDateTimeColumn = strawberry.field(description="By the device's clock.")
    ages_ms: IntColumn = strawberry.field(
        description="How long ago each began, by the monotonic clock; -1 if restarted since."
    )
    message_durations_ms: IntColumn = strawberry.field(
        description="At most 60000, within one quarter-hour."
    )
    seen_ms: IntColumn = strawberry.field(description="Of that, with a usable face.")
    fps_means: FloatColumn = strawberry.field(description="Frames a second, on average.")
    long_closures: IntColumn = strawberry.field(description="Over half a second; not blinks.")
    closed_ms: IntColumn = strawberry.field(description="Time with the lids down.")
    blink_counts: IntColumn = strawberry.field(
        description="How many entries of the three flat columns belong to each message."
    )
    onsets_ms: IntColumn = strawberry.field(
        description="Begin of each blink within its message; flat, one entry a blink."
    )
    durations_ms: IntColumn = strawberry.field(
        description="Length of each blink; flat, one entry a blink."
    )
    closures: IntColumn = strawberry.field(
        description="How far each closed, percent; flat, one entry a blink."
    )


@strawberry.type
class Receipt:
    """What became of one message; only this lets a device forget it."""

    message_id: UUID = strawberry.field(description="Which message this is about.")
    status: services.Status = strawberry.field(description="What became of it.")
    code: str | None = strawberry.field(description="Why it was not taken, in one word.")
    detail: str | None = strawberry.field(description="The field, and what is wrong with it.")


@strawberry.type
class SyncReceipts:
    """A receipt for each message, in columns and in the order of the batch."""

    message_ids: UuidColumn = strawberry.field(description="Which message each is about.")
    statuses: ReceiptStatusColumn = strawberry.field(description="What became of each.")
    codes: TextColumn = strawberry.field(description="Why each was not taken, in one word.")
    details: TextColumn = strawberry.field(description="The field, and what is wrong with it.")
    watermark: BigInt = strawberry.field(
        description="Every message of the device up to this number has arrived."
    )
    server_time: UtcDateTime = strawberry.field(description="When the batch arrived.")


@strawberry.type
class Tally:
    """How much of one device is stored, for the device to compare with its own count."""

    messages: int = strawberry.field(description="How many are stored.")
    watermark: BigInt = strawberry.field(description="Every message up to this number has arrived.")


@strawberry.type
class BlinkQuery:
    """A person's own history."""

    @strawberry.field(
        permission_classes=SIGNED_IN,
        description="How many messages of one of my devices are stored; zero of an unknown one.",
    )
    def tally(
        self,
        info: Info,
        device_id: Annotated[UUID, strawberry.argument(description="One of mine.")],
    ) -> Tally:
        """Count the caller's own."""
        found = selectors.tally(user_id=info.context.caller.user_id, device_id=device_id)
        return Tally(messages=found.messages, watermark=BigInt(found.watermark))

    @strawberry.field(
        permission_classes=SIGNED_IN,
        description="My figures from one instant up to another, bucket by bucket.",
    )
    def blink_history(
        self,
        info: Info,
        *,
        from_: Annotated[
            UtcDateTime, strawberry.argument(name="from", description="The first instant.")
        ],
        to: Annotated[UtcDateTime, strawberry.argument(description="The end, left out itself.")],
        bucket: Annotated[selectors.Bucket, strawberry.argument(description="How fine.")],
        time_zone: Annotated[
            str, strawberry.argument(description="Whose midnights count: an IANA name.")
        ],
        device: Annotated[
            UUID | None, strawberry.argument(description="This one alone; else all of mine.")
        ] = None,
    ) -> BlinkSeries:
        """Return the caller's own series."""
        series = selectors.history(
            user_id=info.context.caller.user_id,
            begin=from_,
            end=to,
            bucket=bucket,
            time_zone=time_zone,
            device_id=device,
        )
        return BlinkSeries.of(series)


@strawberry.type
class BlinkMutation:
    """Messages in."""

    @strawberry.mutation(
        permission_classes=SHOWS_TOKEN,
        description="Store one message of this session's device; sending it twice is harmless.",
    )
    def track_blink(
        self,
        info: Info,
        input: Annotated[MessageInput, strawberry.argument(description="The message.")],
    ) -> Receipt:
        """Store a batch of one."""
        columns = Columns(
            message_ids=[input.message_id],
            seqs=[input.seq],
            started_at=[input.started_at],
            ages_ms=[-1],
            message_durations_ms=[input.duration_ms],
            seen_ms=[input.seen_ms],
            fps_means=[input.fps_mean],
            long_closures=[input.long_closures],
            closed_ms=[input.closed_ms],
            blink_counts=[len(input.onsets_ms)],
            onsets_ms=input.onsets_ms,
            durations_ms=input.durations_ms,
            closures=input.closures,
        )
        receipt = services.record_message(
            session_id=info.context.session_id,
            columns=columns,
            sent_at=input.client_sent_at,
            received_at=timezone.now(),
        )
        return Receipt(
            message_id=receipt.message_id,
            status=receipt.status,
            code=receipt.code,
            detail=receipt.detail,
        )

    @strawberry.mutation(
        permission_classes=SHOWS_TOKEN,
        description="Store up to 250 messages of one device; sending them twice is harmless.",
    )
    def sync_blinks(
        self,
        info: Info,
        input: Annotated[SyncBlinksInput, strawberry.argument(description="The batch.")],
    ) -> SyncReceipts:
        """Store a batch."""
        versions.require_taken(input.schema_version)
        columns = Columns(
            message_ids=input.message_ids,
            seqs=input.seqs,
            started_at=input.started_ats,
            ages_ms=input.ages_ms,
            message_durations_ms=input.message_durations_ms,
            seen_ms=input.seen_ms,
            fps_means=input.fps_means,
            long_closures=input.long_closures,
            closed_ms=input.closed_ms,
            blink_counts=input.blink_counts,
            onsets_ms=input.onsets_ms,
            durations_ms=input.durations_ms,
            closures=input.closures,
        )
        received_at = timezone.now()
        found = services.record_messages(
            session_id=info.context.session_id,
            device_id=input.device_id,
            columns=columns,
            sent_at=input.client_sent_at,
            received_at=received_at,
        )
        return SyncReceipts(
            message_ids=UuidColumn([receipt.message_id for receipt in found.receipts]),
            statuses=ReceiptStatusColumn([receipt.status for receipt in found.receipts]),
            codes=TextColumn([receipt.code for receipt in found.receipts]),
            details=TextColumn([receipt.detail for receipt in found.receipts]),
            watermark=BigInt(found.watermark),
            server_time=UtcDateTime(received_at),
        )
