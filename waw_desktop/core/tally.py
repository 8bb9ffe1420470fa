"""Whether both sides count alike.

For one device, once everything is sent:

    confirmed here  <=  stored there  <=  measured here

The three are equal where nothing was dropped or set aside; between them lies what may have
arrived without a receipt. The watermark is compared in the same way. It confirms nothing:
only a receipt does.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ours:
    """What the outbox knows.

    Attributes:
        produced: Messages ever sealed into it.
        synced: Messages the server confirmed.
        offset: How many more than that the server has of this device for a known reason;
            None where that is not known yet: this file's device id is new.
        through: Every message up to this number was confirmed.
        numbered: The highest number given to a message.
    """

    produced: int
    synced: int
    offset: int | None
    through: int
    numbered: int


@dataclass(frozen=True, slots=True)
class Theirs:
    """What the server says of this device.

    Attributes:
        messages: Messages that it holds.
        watermark: Every message up to this number has arrived.
    """

    messages: int
    watermark: int


def disagreement(ours: Ours, theirs: Theirs) -> str | None:
    """Return what does not agree, for the person, or None."""
    stored = theirs.messages - (ours.offset or 0)
    if ours.offset is not None and stored < ours.synced:
        return f"the server lacks {ours.synced - stored} messages that it had confirmed"
    if ours.offset is not None and stored > ours.produced:
        return f"the server has {stored - ours.produced} messages more than were measured here"
    if theirs.watermark < ours.through:
        return f"the server lacks a message after number {theirs.watermark} that it had confirmed"
    if theirs.watermark > ours.numbered:
        return f"the server has a message up to number {theirs.watermark}, more than there are"
    return None
