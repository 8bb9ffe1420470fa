"""The tables that WaW's migrations made, as SQLAlchemy knows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, DateTime, Integer, SmallInteger
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Instant = DateTime(timezone=True)


class Base(DeclarativeBase):
    """What all tables share: instants carry their zone."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: Instant}


class User(Base):
    """A person with an account."""

    __tablename__ = "accounts_user"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    is_active: Mapped[bool]


class Session(Base):
    """A device session."""

    __tablename__ = "accounts_authcache"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    device_id: Mapped[UUID]
    device_name: Mapped[str]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Consent(Base):
    """What somebody agreed to."""

    __tablename__ = "accounts_consent"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    purpose: Mapped[str]
    granted_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class Device(Base):
    """A tracker's installation."""

    __tablename__ = "blinks_device"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    user_id: Mapped[UUID]
    device_id: Mapped[UUID]
    name: Mapped[str]
    latest_sync_at: Mapped[datetime | None]
    watermark: Mapped[int] = mapped_column(BigInteger)


class Message(Base):
    """One sealed minute."""

    __tablename__ = "blinks_message"
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(BigInteger)
    seq: Mapped[int] = mapped_column(BigInteger)
    started_at: Mapped[datetime]
    device_started_at: Mapped[datetime]
    received_at: Mapped[datetime]
    duration_ms: Mapped[int]
    seen_ms: Mapped[int]
    fps_mean: Mapped[float]
    long_closures: Mapped[int] = mapped_column(SmallInteger)
    closed_ms: Mapped[int]
    partial_blinks: Mapped[int] = mapped_column(SmallInteger)
    onsets_ms: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    durations_ms: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger))
    closures: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger))
    payload_hash: Mapped[bytes]


class Quarter(Base):
    """The sum of a quarter of an hour."""

    __tablename__ = "blinks_blinkquarter"
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    quarter_start: Mapped[datetime] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    messages: Mapped[int]
    blinks: Mapped[int]
    partial_blinks: Mapped[int]
    blink_ms: Mapped[int]
    long_closures: Mapped[int]
    closed_ms: Mapped[int]
    seen_ms: Mapped[int]
