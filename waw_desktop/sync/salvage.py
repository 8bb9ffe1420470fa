"""What can still be read of a damaged outbox, moved into a new one.

The damaged file is kept beside it. The new one has a new device id, because numbers of
lost rows may be used again. A crash at any point leaves either the damaged file in its
place, and the work is done again, or the finished new one under its temporary name.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path

from waw_desktop.sync.outbox import Damaged, Outbox
from waw_desktop.sync.rows import STATES, STORED_ROWS, StoredRow, forget_numbers, transfer

LONGEST_GAP = 100_000


@dataclass(frozen=True, slots=True)
class Salvage:
    """What became of a damaged outbox.

    Attributes:
        damaged: Where the damaged file is now.
        saved: Messages that wait in the new outbox.
        lost: Messages known to be missing, counted as dropped; None where the damaged
            file cannot tell.
    """

    damaged: Path
    saved: int
    lost: int | None


def open_outbox(path: Path, now: datetime) -> tuple[Outbox, Salvage | None]:
    """Open an outbox and, if it is damaged, save what can be read into a new one.

    Raises:
        OutboxError: If the file cannot be used for another reason.
    """
    salvaged = path.with_suffix(".salvaged")
    if salvaged.exists() and not path.exists():
        salvaged.replace(path)
    try:
        return Outbox(path), None
    except Damaged:
        saved, lost = _rebuild(path, salvaged)
    damaged = path.with_name(f"{path.stem}-damaged-{now:%Y%m%dT%H%M%S}.db")
    for suffix in ("-wal", "-shm", ""):
        with suppress(FileNotFoundError):
            Path(f"{path}{suffix}").replace(f"{damaged}{suffix}")
    salvaged.replace(path)
    return Outbox(path), Salvage(damaged, saved, lost)


def _rebuild(path: Path, salvaged: Path) -> tuple[int, int | None]:
    salvaged.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as old:
        # A damaged page may hold text that is not UTF-8.
        old.text_factory = lambda raw: raw.decode(errors="replace")
        rows = {row[1]: row for row in _readable(old) if _is_whole(row)}
        ledger = _ledger(old)
    produced, synced, dropped, consent = ledger or (len(rows), 0, 0, None)
    lost = max(produced - synced - dropped - len(rows), 0)
    dropped += lost
    with Outbox(salvaged) as new, new._transaction() as db:  # noqa: SLF001 - one room, one file format
        for row in rows.values():
            transfer(db, row)
        db.execute(
            "UPDATE ledger SET produced = ?, synced = ?, dropped = ?, consent = ?",
            (synced + dropped + len(rows), synced, dropped, consent),
        )
        forget_numbers(db)
    return len(rows), lost if ledger else None


def _readable(old: sqlite3.Connection) -> Iterator[StoredRow]:
    """Yield rows from both ends up to the damage, then what stands between singly."""
    first = list(_until_damage(old, STORED_ROWS + " ORDER BY seq"))
    last = list(_until_damage(old, STORED_ROWS + " ORDER BY seq DESC"))
    yield from chain(first, last)
    if first and last:
        gap = range(first[-1][0] + 1, last[-1][0])
        for seq in gap[:LONGEST_GAP]:
            yield from _until_damage(old, f"{STORED_ROWS} WHERE seq = {seq}")


def _until_damage(old: sqlite3.Connection, query: str) -> Iterator[StoredRow]:
    with suppress(sqlite3.Error):
        yield from old.execute(query)


def _is_whole(row: StoredRow) -> bool:
    """Return whether the columns still hold what they are declared to hold."""
    return all(isinstance(text, str) for text in row[1:5]) and row[4] in STATES


def _ledger(old: sqlite3.Connection) -> tuple[int, int, int, str | None] | None:
    """Return the counters, or None where they cannot be read or make no sense."""
    row = None
    with suppress(sqlite3.Error):
        row = old.execute("SELECT produced, synced, dropped, consent FROM ledger").fetchone()
    match row:
        case (int(produced), int(synced), int(dropped), str() | None as consent) if (
            synced >= 0 and dropped >= 0 and synced + dropped <= produced
        ):
            return produced, synced, dropped, consent
        case _:
            return None
