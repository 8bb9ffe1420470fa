"""Refresh tokens: what they hold, how they follow each other, when a replay is theft.

A token names its session and generation, carries 256 random bits, and is sealed with a tag, so
that an old but genuine token is told from a made-up one without keeping it:

    base64url( session 16 bytes | generation 4 | secret 32 | tag 16 )

Each token has exactly one successor, derived from it with the server's key: a device that lost
the reply, or four racers, ask again and get the same token. Only hashes are stored, and neither
they nor the stored generation lead to a usable token without the key.

    current token  ──────────────────────────>  Rotate
    previous token, within 30 s  ────────────>  Repeat  (same successor again)
    any older genuine token, or later  ──────>  Replay  (family revoked)
    anything else  ──────────────────────────>  Malformed

Source: RFC 9700 section 4.14.2 (refresh token rotation and replay detection).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

LOST_REPLY_LEEWAY = timedelta(seconds=30)
IDLE_LIMIT = timedelta(days=14)
ABSOLUTE_LIMIT = timedelta(days=30)

SECRET_BYTES = 32
TAG_BYTES = 16
TOKEN_BYTES = 16 + 4 + SECRET_BYTES + TAG_BYTES


class Malformed(Exception):
    """The token was never issued by this server."""


class Verdict(Enum):
    """What to do with a genuine refresh token."""

    ROTATE = "rotate"
    REPEAT = "repeat"
    REPLAY = "replay"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """One refresh token of a session, unsealed.

    Attributes:
        session_id: The device session, which is the token's family.
        generation: 0 for the one that sign-in gave, one more at each rotation.
        secret: 32 bytes that nobody else knows.
    """

    session_id: UUID
    generation: int
    secret: bytes

    def sealed(self, key: bytes) -> str:
        """Return the token as it travels."""
        body = self._body()
        return base64.urlsafe_b64encode(body + _tag(body, key)).decode().rstrip("=")

    def successor(self, key: bytes) -> RefreshToken:
        """Return the one token that follows this one."""
        secret = hmac.digest(key, b"successor" + self._body(), hashlib.sha256)
        return RefreshToken(self.session_id, self.generation + 1, secret)

    @property
    def hash(self) -> bytes:
        """The 32 bytes that the server keeps of it."""
        return hashlib.sha256(self._body()).digest()

    def _body(self) -> bytes:
        return self.session_id.bytes + self.generation.to_bytes(4) + self.secret


def unsealed(text: str, key: bytes) -> RefreshToken:
    """Return the token that travelled as this text.

    Raises:
        Malformed: If it is no token, or its tag is not of this key.
    """
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error) as error:
        raise Malformed from error
    body, tag = raw[:-TAG_BYTES], raw[-TAG_BYTES:]
    if len(raw) != TOKEN_BYTES or not hmac.compare_digest(tag, _tag(body, key)):
        raise Malformed
    return RefreshToken(UUID(bytes=body[:16]), int.from_bytes(body[16:20]), body[20:])


@dataclass(frozen=True, slots=True)
class Family:
    """What is stored of a session's tokens.

    Attributes:
        current_hash: Of the token in force.
        previous_hash: Of the one before, None before the first rotation.
        rotated_at: When the current one took over, None before the first rotation.
        used_at: When the session was used latest: the idle limit counts from here.
        expires_at: The absolute limit.
        is_revoked: Whether it has been ended.
    """

    current_hash: bytes
    previous_hash: bytes | None
    rotated_at: datetime | None
    used_at: datetime
    expires_at: datetime
    is_revoked: bool


def verdict(presented_hash: bytes, family: Family, now: datetime) -> Verdict:
    """Judge a genuine token of a family at an instant."""
    if family.is_revoked or now >= min(family.expires_at, family.used_at + IDLE_LIMIT):
        return Verdict.ENDED
    if hmac.compare_digest(presented_hash, family.current_hash):
        return Verdict.ROTATE
    if (
        family.previous_hash is not None
        and family.rotated_at is not None
        and hmac.compare_digest(presented_hash, family.previous_hash)
        and now - family.rotated_at <= LOST_REPLY_LEEWAY
    ):
        return Verdict.REPEAT
    return Verdict.REPLAY


def _tag(body: bytes, key: bytes) -> bytes:
    return hmac.digest(key, b"tag" + body, hashlib.sha256)[:TAG_BYTES]
