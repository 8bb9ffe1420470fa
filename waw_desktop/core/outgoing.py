"""What waits to be sent and what never will be, for the person to look at before it goes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Why(Enum):
    """Why a message was set aside."""

    DAMAGED = "it was damaged on this computer's disk"
    INVALID = "the server found a figure that cannot be"
    DIFFERS = "the server has another message under its number"
    REFUSED = "the server refused it for another reason"


@dataclass(frozen=True, slots=True)
class SetAside:
    """One message that will not be sent.

    Attributes:
        seq: Its number on this device.
        reason: The server's words, or the tracker's.
        payload: As it was stored.
    """

    seq: int
    reason: str
    payload: str

    @property
    def why(self) -> Why:
        """Which kind of reason it is."""
        match self.reason.split(" ", 1)[0]:
            case "damaged":
                return Why.DAMAGED
            case "INVALID":
                return Why.INVALID
            case "PAYLOAD_DIFFERS":
                return Why.DIFFERS
            case _:
                return Why.REFUSED


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What an outbox is about to send.

    Attributes:
        request: The next request as JSON, word for word but for the instant of sending; None
            if there is nothing to send.
        in_request: How many messages it holds.
        waiting: How many wait in all.
        set_aside: What will not be sent, oldest first.
    """

    request: str | None
    in_request: int
    waiting: int
    set_aside: tuple[SetAside, ...]


NOTHING = Outgoing(None, 0, 0, ())
