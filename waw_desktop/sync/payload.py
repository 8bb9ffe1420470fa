"""A message as the text that the outbox stores."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from waw_desktop.core.messages import Message


def to_text(message: Message) -> str:
    """Return the message as JSON, which is longer than what it adds to a request."""
    return json.dumps(asdict(message), default=str)


def from_text(text: str) -> Message:
    """Return the message that `to_text` wrote.

    Raises:
        ValueError: If the text is not one of a message.
    """
    try:
        fields = json.loads(text)
        for name in ("onsets_ms", "durations_ms", "closures"):
            fields[name] = tuple(fields[name])
        fields["message_id"] = UUID(fields["message_id"])
        fields["started_at"] = datetime.fromisoformat(fields["started_at"])
        return Message(**fields)
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError("this text is not a message") from error


def digest(seq: int, message_id: str, text: str) -> str:
    """Return the checksum of a row, by which damage is noticed before it is sent."""
    return hashlib.sha256(f"{seq} {message_id} {text}".encode()).hexdigest()
