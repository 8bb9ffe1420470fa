"""The reminders that were due, shown or held out, in one SQLite file beside the outbox.

A handful are due a day, so each call opens the file anew, and any thread may make it. A damaged
file is set aside and another begun: what it held is of use, but not worth a word to the person.
Nothing of it is ever sent.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from waw_desktop.core.effect import Reminder

FILE_NAME = "reminders.db"
KEPT = timedelta(days=400)

_APPLICATION_ID = 0x57615752  # "WaWR"
_SCHEMA_VERSION = 1
_WAIT_S = 2.0
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS reminder (
    at_ms INTEGER PRIMARY KEY,
    is_held_out INTEGER NOT NULL CHECK (is_held_out IN (0, 1)),
    before_per_min REAL NOT NULL,
    after_per_min REAL
) STRICT;
PRAGMA application_id = {_APPLICATION_ID};
PRAGMA user_version = {_SCHEMA_VERSION};
COMMIT;
"""

T = TypeVar("T")


class LogError(Exception):
    """The file could not be read or written; nothing was changed."""


class _Damaged(Exception):
    """This is no intact file of ours."""


class ReminderLog:
    """What is known of past reminders; threads may share it.

    Any method raises `LogError` when the file cannot be used, unless it is damaged.

    Args:
        directory: The tracker's.
        now: The time, aware, to bound the file by and to name damaged ones.
    """

    def __init__(self, directory: Path, now: Callable[[], datetime]) -> None:
        self._path = directory / FILE_NAME
        self._now = now

    def add(self, reminder: Reminder) -> None:
        """Store a reminder, and drop those that are older than 400 days."""
        oldest_ms = _ms(self._now() - KEPT)

        def write(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM reminder WHERE at_ms < ?", (oldest_ms,))
            db.execute(
                "INSERT OR REPLACE INTO reminder VALUES (?, ?, ?, ?)",
                (
                    _ms(reminder.at),
                    int(reminder.is_held_out),
                    reminder.before_per_min,
                    reminder.after_per_min,
                ),
            )

        self._with(write)

    def follow(self, at: datetime, after_per_min: float) -> None:
        """Store the rate that came after the reminder of a time."""
        query = "UPDATE reminder SET after_per_min = ? WHERE at_ms = ?"
        self._with(lambda db: db.execute(query, (after_per_min, _ms(at))))

    def reminders(self) -> list[Reminder]:
        """Return all of them, the oldest first."""
        rows = self._with(lambda db: db.execute("SELECT * FROM reminder ORDER BY at_ms").fetchall())
        return [
            Reminder(datetime.fromtimestamp(at_ms / 1000, UTC), bool(is_held_out), before, after)
            for at_ms, is_held_out, before, after in rows
        ]

    def due_since(self, begin: datetime) -> int:
        """Return how many were due since a time."""
        query = "SELECT count(*) FROM reminder WHERE at_ms >= ?"
        return int(self._with(lambda db: db.execute(query, (_ms(begin),)).fetchone()[0]))

    def delete_all(self) -> None:
        """Delete every reminder, overwritten, and every damaged file that was set aside."""

        def wipe(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM reminder")

        self._with(wipe)
        self._with(_shrink)
        try:
            for path in self._path.parent.glob(f"{self._path.stem}-damaged-*"):
                path.unlink(missing_ok=True)
        except OSError as error:
            raise LogError(f"what was set aside could not be deleted: {error.strerror}") from error

    def _with(self, use: Callable[[sqlite3.Connection], T]) -> T:
        """Use the file; once more if it is damaged, on a new one."""
        try:
            return self._once(use)
        except _Damaged:
            self._set_aside()
        try:
            return self._once(use)
        except _Damaged as error:
            raise LogError("the reminders' file is damaged, and so is a new one") from error

    def _once(self, use: Callable[[sqlite3.Connection], T]) -> T:
        try:
            # SQLite's journals take the mode of the file they belong to.
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
            with closing(sqlite3.connect(self._path, timeout=_WAIT_S)) as db:
                _prepare(db)
                with db:
                    return use(db)
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED:
                raise _Damaged from error
            raise LogError(f"the reminders' file cannot be used: {error}") from error
        except OSError as error:
            raise LogError(f"the reminders' file cannot be used: {error.strerror}") from error

    def _set_aside(self) -> None:
        name = f"{self._path.stem}-damaged-{self._now().astimezone(UTC):%Y%m%dT%H%M%S%f}.db"
        try:
            for suffix in ("-wal", "-shm", ""):
                with suppress(FileNotFoundError):
                    Path(f"{self._path}{suffix}").replace(self._path.with_name(name + suffix))
        except OSError as error:
            raise LogError(f"a damaged file cannot be set aside: {error.strerror}") from error


def _prepare(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten
    application_id = db.execute("PRAGMA application_id").fetchone()[0]
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if (application_id, version) == (0, 0):
        db.executescript(_SCHEMA)
    elif (application_id, version) != (_APPLICATION_ID, _SCHEMA_VERSION):
        raise _Damaged


def _shrink(db: sqlite3.Connection) -> None:
    """Let go of the journal too, where deleted rows would still stand."""
    db.execute("VACUUM")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
