"""Files for the person to take along: written whole or not at all, for their eyes only."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from waw_desktop.core.history import Minute

COLUMNS = {
    "message_id": "UUID of the message, the same on the server",
    "started_at": "start, UTC, ISO 8601",
    "duration_ms": "length in milliseconds, 60000 at most",
    "seen_ms": "milliseconds in which the eyes could be measured",
    "blinks": "closures of at most half a second",
    "incomplete_blinks": "those of them that closed less than 80 percent",
    "long_closures": "closures of more than half a second",
    "closed_ms": "milliseconds under such closures",
    "blinks_ms": "milliseconds that all blinks took together",
}
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_whole(file: Path, text: Iterable[str], *, replaces: bool) -> None:
    """Write a file that only its owner can read; a failure on the way leaves none.

    Args:
        file: Where to.
        text: In parts; taken one by one, so that it may be long.
        replaces: Whether a file of that name is replaced.

    Raises:
        FileExistsError: If there is one and it is not to be replaced.
        OSError: If it cannot be written.
    """
    if file.exists() and not replaces:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(file))
    number, name = tempfile.mkstemp(prefix=".waw-", suffix=".new", dir=file.parent)
    fresh = Path(name)  # of mode 0600, under a name that nobody could foresee
    try:
        with open(number, "w", encoding="utf-8", newline="") as new:  # noqa: PTH123 - it is open already
            new.writelines(text)
            new.flush()
            os.fsync(new.fileno())
        fresh.replace(file)
    finally:
        with suppress(OSError):
            fresh.unlink()


def as_csv(minutes: Iterable[Minute]) -> Iterator[str]:
    """Yield a table as RFC 4180 has it, a line at a time, headed by `COLUMNS`."""
    yield _line(COLUMNS)
    for minute in minutes:
        yield _line(map(str, _values(minute)))


def as_json(minutes: Iterable[Minute]) -> Iterator[str]:
    """Yield one JSON object that explains its columns, a minute at a time."""
    yield f'{{\n"columns": {json.dumps(COLUMNS, indent=2)},\n"minutes": ['
    comma = "\n"
    for minute in minutes:
        yield comma + json.dumps(dict(zip(COLUMNS, _values(minute), strict=True)))
        comma = ",\n"
    yield "\n]\n}\n"


def cell(text: str) -> str:
    """Return a text as a cell that no spreadsheet takes for a formula.

    Source:
        OWASP, CSV Injection: what begins like a formula is preceded by an apostrophe.

    >>> cell("=1+1"), cell('say "so"'), cell("12")
    ("'=1+1", '"say ""so""', '12')
    """
    if text.startswith(_STARTS_A_FORMULA):
        text = f"'{text}"
    if any(mark in text for mark in ',"\r\n'):
        text = '"' + text.replace('"', '""') + '"'
    return text


def _line(cells: Iterable[str]) -> str:
    return ",".join(map(cell, cells)) + "\r\n"


def _values(minute: Minute) -> tuple[str | int, ...]:
    return (
        str(minute.message_id),
        f"{minute.started_at:%Y-%m-%dT%H:%M:%S}.{minute.started_at.microsecond // 1000:03}Z",
        minute.duration_ms,
        minute.seen_ms,
        minute.blinks,
        minute.partial,
        minute.long_closures,
        minute.closed_ms,
        minute.blinks_ms,
    )
