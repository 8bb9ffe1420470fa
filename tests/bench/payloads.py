"""What is sent: the same minutes for everyone, written as each server takes them.

A request is made before the clock starts and kept as bytes; only the time of sending is filled
in when it leaves. The minutes follow from their number alone, so that any process makes the
same ones.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from tests.server.minutes import LAPTOP, Minute, batch_input, message_input, minute

BLINKS = 15
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
PATTERNS = 97  # different minutes; a prime, so that no quarter-hour sums like the next
SENT_AT = datetime(2001, 1, 1, tzinfo=UTC)  # stands where the time of sending goes
COMPLETE_PERCENT = 80
DOCUMENTS = Path(__file__).resolve().parents[2] / "waw_desktop" / "sync" / "documents"
TRACK = (DOCUMENTS / "trackBlink.graphql").read_text()
SYNC = (DOCUMENTS / "syncBlinks.graphql").read_text()
SYNC_LIST = """
mutation SyncMessages($input: SyncMessagesInput!) {
  syncMessages(input: $input) { messageId status code detail }
}
"""


@dataclass(frozen=True, slots=True)
class Request:
    """One body, in two parts between which the time of sending goes, and what it adds up to.

    Attributes:
        before: The body up to the time of sending; all of it if it tells none.
        after: The rest.
        tells_time: Whether the time goes in between.
        sums: What storing it adds to a person's quarter-hours.
    """

    before: bytes
    after: bytes
    tells_time: bool
    sums: Counter[str]

    def body(self, now: datetime) -> bytes:
        """Return what to send at an instant."""
        return self.before + _stamp(now) + self.after if self.tells_time else self.before


def minutes(nth: int, size: int) -> list[Minute]:
    """Return the messages of a device's nth request, from 0."""
    return [
        minute(
            number,
            started_at=BEGIN + timedelta(minutes=number),
            blinks=_patterns()[number % PATTERNS],
        )
        for number in range(nth * size + 1, (nth + 1) * size + 1)
    ]


def request(shape: str, nth: int, size: int) -> Request:
    """Return a device's nth request, from 0, of so many messages, in one of SHAPES."""
    them = minutes(nth, size)
    body = orjson.dumps(SHAPES[shape](them))
    before, mark, after = body.partition(_stamp(SENT_AT))
    return Request(before, after, bool(mark), sums(them))


def sums(them: list[Minute]) -> Counter[str]:
    """Return what messages add to a person's quarter-hours, by the columns' names."""
    blinks = [blink for it in them for blink in it.blinks]
    return Counter(
        messages=len(them),
        blinks=len(blinks),
        partial_blinks=sum(percent < COMPLETE_PERCENT for _, _, percent in blinks),
        blink_ms=sum(duration_ms for _, duration_ms, _ in blinks),
        long_closures=sum(it.long_closures for it in them),
        closed_ms=sum(it.closed_ms for it in them),
        seen_ms=sum(it.seen_ms for it in them),
    )


@cache
def _patterns() -> list[tuple[tuple[int, int, int], ...]]:
    chance = random.Random(1)
    spacing_ms = 60_000 // BLINKS
    return [
        tuple(
            (
                place * spacing_ms + chance.randrange(spacing_ms - 400),
                chance.randint(80, 400),
                chance.randint(50, 100),
            )
            for place in range(BLINKS)
        )
        for _ in range(PATTERNS)
    ]


def _stamp(instant: datetime) -> bytes:
    return instant.isoformat(timespec="seconds").encode()


def _one(them: list[Minute]) -> dict[str, Any]:
    (it,) = them
    return message_input(it)


def _columns(them: list[Minute]) -> dict[str, Any]:
    return batch_input(*them, sent_at=SENT_AT)


def _objects(them: list[Minute]) -> dict[str, Any]:
    return {
        "deviceId": str(LAPTOP),
        "clientSentAt": SENT_AT.isoformat(),
        "messages": [message_input(it) for it in them],
    }


def _asked(document: str, shape: Callable[[list[Minute]], Any]) -> Callable[[list[Minute]], Any]:
    return lambda them: {"query": document, "variables": {"input": shape(them)}}


SHAPES: dict[str, Callable[[list[Minute]], Any]] = {
    "one": _one,
    "one by GraphQL": _asked(TRACK, _one),
    "columns": _columns,
    "columns by GraphQL": _asked(SYNC, _columns),
    "objects": _objects,
    "objects by GraphQL": _asked(SYNC_LIST, _objects),
}
