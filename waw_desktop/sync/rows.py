"""The tables of an outbox, and what is done to their rows inside a transaction."""

from __future__ import annotations

import sqlite3
from typing import assert_never
from uuid import uuid4

from waw_desktop.core.messages import Message
from waw_desktop.core.retry import Fate
from waw_desktop.sync.payload import digest, from_text

DAMAGED = "damaged on disk"
STATES = ("pending", "quarantined")
STORED_ROWS = "SELECT seq, message_id, payload, sha256, state, reason FROM outbox"
StoredRow = tuple[int, str, str, str, str, str | None]
APPLICATION_ID = 0x57615721  # "WaW!" where SQLite lets a program sign its files
SCHEMA_VERSION = 2
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT NOT NULL UNIQUE,
    payload TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN {STATES}),
    reason TEXT,
    kept INTEGER NOT NULL DEFAULT 0,  -- receipts nobody thought of: such rows go last
    since_ms INTEGER NOT NULL DEFAULT 0  -- age of the file when the row came into its state
) STRICT;
CREATE INDEX IF NOT EXISTS outbox_next ON outbox (kept, seq) WHERE state = 'pending';
CREATE TABLE IF NOT EXISTS ledger (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    device_id TEXT NOT NULL,
    produced INTEGER NOT NULL DEFAULT 0,
    synced INTEGER NOT NULL DEFAULT 0,
    dropped INTEGER NOT NULL DEFAULT 0,
    consent TEXT,  -- the agreement that the server was told of
    age_ms INTEGER NOT NULL DEFAULT 0,  -- grows by a day at most from one look to the next
    looked_at_ms INTEGER,  -- wall clock of the latest look
    first_gap INTEGER,  -- lowest number that the server may never have
    tally_offset INTEGER DEFAULT 0  -- see core.tally; NULL until it is known
) STRICT;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
"""

FROM_VERSION_1 = """
BEGIN IMMEDIATE;
ALTER TABLE outbox ADD COLUMN since_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ledger ADD COLUMN age_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ledger ADD COLUMN looked_at_ms INTEGER;
ALTER TABLE ledger ADD COLUMN first_gap INTEGER;
ALTER TABLE ledger ADD COLUMN tally_offset INTEGER;
UPDATE ledger SET first_gap = 1;  -- nobody wrote down what was dropped
PRAGMA user_version = 2;
COMMIT;
"""


def insert(
    db: sqlite3.Connection,
    message_id: str,
    text: str,
    state: str = "pending",
    reason: str | None = None,
) -> None:
    """Add a row under the next number, inside the caller's transaction."""
    latest = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'outbox'"
    seq = db.execute(latest).fetchone()[0] + 1
    db.execute(
        "INSERT INTO outbox (seq, message_id, payload, sha256, state, reason, since_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, (SELECT age_ms FROM ledger))",
        (seq, message_id, text, digest(seq, message_id, text), state, reason),
    )


def transfer(db: sqlite3.Connection, row: StoredRow) -> None:
    """Add a row read elsewhere, set aside if it was damaged there."""
    seq, message_id, text, sha256, state, reason = row
    if digest(seq, message_id, text) != sha256:
        state, reason = "quarantined", DAMAGED
    insert(db, message_id, text, state, reason)


def intact(seq: int, message_id: str, text: str, sha256: str) -> Message | None:
    """Return the message of a row, or None where it is not what was stored."""
    if digest(seq, message_id, text) != sha256:
        return None
    try:
        return from_text(text)
    except ValueError:
        return None


def quarantine(db: sqlite3.Connection, which: str, key: int | str, reason: str) -> None:
    """Set aside the row that fits the condition `which` with its one parameter."""
    age = "(SELECT age_ms FROM ledger)"
    db.execute(
        f"UPDATE outbox SET state = 'quarantined', reason = ?, since_ms = {age} WHERE {which}",  # noqa: S608 - `which` is a literal of this room
        (reason, key),
    )


def drop(db: sqlite3.Connection, which: str, key: int | str) -> int:
    """Delete the rows that fit the condition `which`, count them and return how many."""
    leave_gap(db, which, key)
    gone = db.execute(f"DELETE FROM outbox WHERE {which}", (key,)).rowcount  # noqa: S608 - `which` is a literal of this room
    db.execute("UPDATE ledger SET dropped = dropped + ?", (gone,))
    return gone


def leave_gap(db: sqlite3.Connection, which: str, key: int | str) -> None:
    """Remember that the numbers of some rows may never arrive, or not in their turn."""
    (seq,) = db.execute(f"SELECT min(seq) FROM outbox WHERE {which}", (key,)).fetchone()  # noqa: S608 - `which` is a literal of this room
    db.execute(
        "UPDATE ledger SET first_gap = min(coalesce(first_gap, ?1), ?1) WHERE ?1 IS NOT NULL",
        (seq,),
    )


def forget_numbers(db: sqlite3.Connection) -> None:
    """Take it that a new device id has messages in this file that an older one sent before."""
    db.execute("UPDATE ledger SET first_gap = 1, tally_offset = NULL")


def make_room(db: sqlite3.Connection, limit_bytes: int) -> None:
    """Drop the oldest rows, what is set aside last of all, until a limit is kept."""
    oldest = "seq = (SELECT seq FROM outbox ORDER BY state = 'quarantined', seq LIMIT ?)"
    while _used_bytes(db) > limit_bytes and drop(db, oldest, 1):
        pass


def grow_older(db: sqlite3.Connection, now_ms: int) -> bool:
    """Let the file age by the time since the latest look, and return whether it did.

    Less than an hour is left for later. By more than a day it never ages: either nobody used
    the computer meanwhile, or its clock was set.
    """
    (latest_ms,) = db.execute("SELECT looked_at_ms FROM ledger").fetchone()
    if latest_ms is not None and abs(now_ms - latest_ms) < HOUR_MS:
        return False
    older_ms = min(max(now_ms - (latest_ms or now_ms), 0), DAY_MS)
    db.execute("UPDATE ledger SET age_ms = age_ms + ?, looked_at_ms = ?", (older_ms, now_ms))
    return True


def _used_bytes(db: sqlite3.Connection) -> int:
    """Return the size of all pages that hold something; the file keeps the others for later."""
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    (free,) = db.execute("PRAGMA freelist_count").fetchone()
    (page_bytes,) = db.execute("PRAGMA page_size").fetchone()
    return int((pages - free) * page_bytes)


def rekey(db: sqlite3.Connection) -> None:
    """Become another device, which numbers its messages from 1."""
    rows = db.execute(f"{STORED_ROWS} ORDER BY seq").fetchall()
    since = db.execute("SELECT since_ms, message_id FROM outbox").fetchall()
    db.execute("DELETE FROM outbox")
    db.execute("DELETE FROM sqlite_sequence WHERE name = 'outbox'")
    for row in rows:
        transfer(db, row)
    db.executemany("UPDATE outbox SET since_ms = ? WHERE message_id = ?", since)
    db.execute("UPDATE ledger SET device_id = ?", (str(uuid4()),))
    forget_numbers(db)


def apply(db: sqlite3.Connection, message_id: str, fate: Fate, reason: str) -> None:
    """Let a receipt have its effect on the row and the counters."""
    match fate:
        case Fate.SYNCED:
            gone = db.execute("DELETE FROM outbox WHERE message_id = ?", (message_id,))
            db.execute("UPDATE ledger SET synced = synced + ?", (gone.rowcount,))
        case Fate.DROPPED:
            drop(db, "message_id = ?", message_id)
        case Fate.QUARANTINED:
            quarantine(db, "message_id = ?", message_id, reason)
        case Fate.KEPT:
            leave_gap(db, "message_id = ?", message_id)
            later = "UPDATE outbox SET kept = kept + 1 WHERE message_id = ?"
            db.execute(later, (message_id,))
        case Fate.REKEYED:
            pass  # the file gets a new device id, and the row is sent again under it
        case _ as never:
            assert_never(never)
