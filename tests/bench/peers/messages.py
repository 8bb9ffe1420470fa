"""What the peers accept and answer, and what they work out of a message before they store it.

Ranges are left to Pydantic, which checks them in Rust; what no field's own type can say is
checked in plain Python.
"""

from __future__ import annotations

import struct
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Annotated, NamedTuple
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

TOLERANCE = timedelta(seconds=2)
QUARTER_S = 900

Seq = Annotated[int, Field(ge=1, lt=2**63)]
LengthMs = Annotated[int, Field(ge=1, le=60_000)]
WithinMs = Annotated[int, Field(ge=0, le=60_000)]
Fps = Annotated[float, Field(ge=0, le=1000)]
LongClosures = Annotated[int, Field(ge=0, le=121)]
BlinkMs = Annotated[int, Field(ge=1, le=1000)]
Percent = Annotated[int, Field(ge=0, le=100)]


class Refused(Exception):
    """Not signed in, no consent, or messages that cannot be."""


class Camel(BaseModel):
    """Names as JavaScript writes them."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, from_attributes=True)


class MessageIn(Camel):
    """One sealed minute."""

    message_id: UUID
    seq: Seq
    started_at: AwareDatetime
    duration_ms: LengthMs
    seen_ms: WithinMs
    fps_mean: Fps
    onsets_ms: list[WithinMs]
    durations_ms: list[BlinkMs]
    closures: list[Percent]
    long_closures: LongClosures
    closed_ms: WithinMs


class MessagesIn(Camel):
    """Many, as objects."""

    device_id: UUID
    client_sent_at: AwareDatetime
    messages: list[MessageIn] = Field(max_length=250)


class ColumnsIn(Camel):
    """Many, in columns."""

    device_id: UUID
    client_sent_at: AwareDatetime
    message_ids: list[UUID] = Field(max_length=250)
    seqs: list[Seq]
    started_ats: list[AwareDatetime]
    message_durations_ms: list[LengthMs]
    seen_ms: list[WithinMs]
    fps_means: list[Fps]
    long_closures: list[LongClosures]
    closed_ms: list[WithinMs]
    blink_counts: list[WithinMs]
    onsets_ms: list[WithinMs]
    durations_ms: list[BlinkMs]
    closures: list[Percent]


class Receipt(Camel):
    """What became of one message."""

    message_id: UUID
    status: str
    code: str | None = None
    detail: str | None = None


class ReceiptColumns(Camel):
    """The same for many, in columns."""

    message_ids: list[UUID]
    statuses: list[str]
    watermark: int
    server_time: datetime


class Facts(NamedTuple):
    """What is worked out of a message before it is stored."""

    started_at: datetime
    partial_blinks: int
    blink_ms: int
    payload_hash: bytes


def facts_of_columns(it: ColumnsIn, now: datetime) -> list[Facts]:
    """Work out the facts of each message.

    Raises:
        Refused: If one of them cannot be, or the columns differ in length.
    """
    found, last = [], 0
    columns = zip(
        it.started_ats,
        it.message_durations_ms,
        it.seen_ms,
        it.fps_means,
        it.long_closures,
        it.closed_ms,
        it.blink_counts,
        strict=True,
    )
    for started_at, *sealed, blinks in columns:
        first, last = last, last + blinks
        found.append(
            facts(
                started_at,
                sealed,
                (it.onsets_ms[first:last], it.durations_ms[first:last], it.closures[first:last]),
                it.client_sent_at,
                now,
            )
        )
    return found


def facts_of(it: MessageIn, sent_at: datetime | None, now: datetime) -> Facts:
    """Work out the facts of one message.

    Raises:
        Refused: If it cannot be.
    """
    sealed = [it.duration_ms, it.seen_ms, it.fps_mean, it.long_closures, it.closed_ms]
    return facts(it.started_at, sealed, (it.onsets_ms, it.durations_ms, it.closures), sent_at, now)


def facts(
    started_at: datetime,
    sealed: list[float],
    blinks: tuple[list[int], list[int], list[int]],
    sent_at: datetime | None,
    now: datetime,
) -> Facts:
    """Check a message and work out what is stored beside it.

    Args:
        started_at: By the device's clock.
        sealed: Its length first, then its other numbers.
        blinks: Onsets, durations and closures.
        sent_at: By the device's clock, None if it did not say.
        now: By ours.

    Raises:
        Refused: If it spans two quarter-hours or its blinks overlap.
    """
    onsets_ms, durations_ms, closures = blinks
    duration_ms = sealed[0]
    begin_s = started_at.timestamp()
    if begin_s // QUARTER_S != (begin_s + (duration_ms - 1) / 1000) // QUARTER_S:
        raise Refused("a message spans two quarters of an hour")
    end_ms = 0
    for onset_ms, blink_ms in zip(onsets_ms, durations_ms, strict=True):
        if onset_ms < end_ms:
            raise Refused("blinks overlap")
        end_ms = onset_ms + blink_ms
    if onsets_ms and onsets_ms[-1] >= duration_ms:
        raise Refused("a blink begins after the end")
    numbers = (*onsets_ms, *durations_ms, *closures)
    packed = struct.pack(f"<6d{len(numbers)}i", begin_s, *sealed, *numbers)
    if sent_at is not None and abs(now - sent_at) > TOLERANCE:
        started_at += now - sent_at
    return Facts(
        started_at,
        sum([percent < 80 for percent in closures]),
        sum(durations_ms),
        blake2b(packed, digest_size=16).digest(),
    )
