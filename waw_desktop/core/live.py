"""What the person is shown of a running tracker at one instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from waw_desktop.core.readings import Reading


@dataclass(frozen=True, slots=True)
class Sending:
    """How the outbox stands.

    Attributes:
        pending: Messages that wait to be sent.
        quarantined: Messages set aside.
        synced: Messages that the server ever confirmed.
        is_sending: Whether a server is to have them at all.
        synced_at: When it last confirmed one in this run, aware UTC; None if it has not yet.
        trouble: Why nothing is sent at present, in words; None if nothing is in the way.
        asks_person: Whether only the person can help, by signing in or agreeing.
        disagreement: In what the server's count differs from ours; None as far as is known.
    """

    pending: int
    quarantined: int
    synced: int
    is_sending: bool
    synced_at: datetime | None = None
    trouble: str | None = None
    asks_person: bool = False
    disagreement: str | None = None


@dataclass(frozen=True, slots=True)
class Live:
    """One instant.

    Attributes:
        reading: The latest.
        detected: Blinks seen in this run.
        sending: How the outbox stands, a second old at most.
        not_stored: Why measurements are kept in memory only, in words; None if they are stored.
    """

    reading: Reading
    detected: int
    sending: Sending
    not_stored: str | None = None


def in_words(live: Live) -> str:
    """Return it in one line, for a terminal."""
    words = [str(live.reading.state), f"{live.detected} blinks"]
    if live.not_stored is not None:
        words.append("not storing")
    if live.sending.trouble is not None:
        words.append(f"not sending: {live.sending.trouble}")
    if live.sending.disagreement is not None:
        words.append(live.sending.disagreement)
    return " · ".join(words)
