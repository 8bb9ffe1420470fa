"""What a person agrees to, word for word, and which agreements are missing.

Nothing is agreed beforehand. An agreement holds for the words it was given to: when a
text changes, its hash changes, and the person is asked again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Purpose(StrEnum):
    """What the person may agree to, each on its own."""

    LOCAL_TRACKING = "local-tracking"
    CLOUD_SYNC = "cloud-sync"


TEXTS = {
    Purpose.LOCAL_TRACKING: """\
Tracking on this computer (version 1)

The tracker looks at you through the camera and measures when you blink.
Pictures are used in memory for a fraction of a second and are never stored or sent.
What it keeps, on this computer only: when each blink began, how long it took and how
far the lids closed, how long your eyes could be seen, and how often they stayed shut.
It recognises nobody and draws no conclusion about mood, attention or performance.
You can stop at any time; nothing else depends on it.
""",
    Purpose.CLOUD_SYNC: """\
Sending your blinks to your account (version 1)

What the tracker keeps on this computer is also sent, encrypted on the way, to the
server that you signed in to, so that you can see your history there: when each blink
began, how long it took and how far the lids closed, how long your eyes could be seen,
and how often they stayed shut. No picture, no face and no name is sent with it.
Your employer cannot see your figures. You can export them, erase them and withdraw
this agreement at any time; tracking on this computer works without it.
""",
}


@dataclass(frozen=True, slots=True)
class Agreement:
    """One act of agreeing.

    Attributes:
        purpose: What was agreed to.
        account: Whose data it is about; empty for what stays on this computer.
        text_sha256: Hash of the words that were shown.
        agreed_at: When, aware UTC.
    """

    purpose: Purpose
    account: str
    text_sha256: str
    agreed_at: datetime


def text_sha256(purpose: Purpose) -> str:
    """Return the hash that names the present words of a purpose, in hexadecimal."""
    return hashlib.sha256(TEXTS[purpose].encode()).hexdigest()


def agree(purpose: Purpose, account: str, now: datetime) -> Agreement:
    """Return the agreement to the present words of a purpose."""
    return Agreement(purpose, account, text_sha256(purpose), now)


def in_force(purpose: Purpose, account: str, agreements: Iterable[Agreement]) -> Agreement | None:
    """Return the agreement to the present words, or None if the person must be asked."""
    for agreement in agreements:
        given = (agreement.purpose, agreement.account, agreement.text_sha256)
        if given == (purpose, account, text_sha256(purpose)):
            return agreement
    return None


def missing(
    needed: Sequence[tuple[Purpose, str]], agreements: Sequence[Agreement]
) -> list[Purpose]:
    """Return the purposes among those needed, each with its account, to ask about."""
    return [
        purpose for purpose, account in needed if in_force(purpose, account, agreements) is None
    ]
