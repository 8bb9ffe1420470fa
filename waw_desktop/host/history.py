"""What was measured, for the person to look back at, in one SQLite file beside the outbox.

A message leaves the outbox once the server has it; here a row of it stays for two years. A
message is stored in the outbox first and here next. If the program ends in between, `Keeper`
is handed what the outbox holds at the next start; what is known already changes nothing, and
what the person deleted here stays deleted.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self
from uuid import UUID

from waw_desktop.core.history import Minute, minute_of
from waw_desktop.core.messages import LONGEST_MESSAGE_S, Message

KEPT_FOR = timedelta(days=731)
LOOK_EVERY = timedelta(hours=1)
MOST_IN_MEMORY = 24 * 60  # minutes: a day of them
APPLICATION_ID = 0x57615748  # "WaWH" where SQLite lets a program sign its files
SCHEMA_VERSION = 1
FULL = "the disk is full: no history can be kept until there is room"
# The second is what SQLite says when its index of the journal cannot be made.
_FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_LATEST_MS = (datetime(3000, 1, 1, tzinfo=UTC) - _EPOCH) // _MS

_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS minute (
    message_id BLOB NOT NULL UNIQUE,
    started_ms INTEGER NOT NULL,  -- since 1970, UTC
    duration_ms INTEGER NOT NULL,
    seen_ms INTEGER NOT NULL,
    blinks INTEGER NOT NULL,
    partial INTEGER NOT NULL,
    long_closures INTEGER NOT NULL,
    closed_ms INTEGER NOT NULL,
    blinks_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS minute_started ON minute (started_ms);
CREATE TABLE IF NOT EXISTS forgotten (  -- deleted here by the person, and still to be sent
    message_id BLOB NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
COMMIT;
"""

_COLUMNS = (
    "message_id, started_ms, duration_ms, seen_ms, blinks, partial, long_closures,"
    " closed_ms, blinks_ms"
)
StoredMinute = tuple[bytes, int, int, int, int, int, int, int, int]


class HistoryError(Exception):
    """The history could not be read or written; nothing was changed."""


class DiskFull(HistoryError):
    """There is no room for another minute."""


class Damaged(HistoryError):
    """The file is no intact history; `Keeper` saves what can be read into another."""


class TooNew(HistoryError):
    """A newer tracker wrote the file; it is left as it is."""


def history_path(outbox: Path) -> Path:
    """Return the history of the account whose outbox this is."""
    return outbox.with_name(outbox.name.replace("outbox", "history", 1))


class History:
    """The minutes of one account. Threads may use it in turn, programs at the same time.

    Any method raises `HistoryError` when the file cannot be used.
    """

    def __init__(self, path: Path) -> None:
        """Open or make the file, readable by its owner alone.

        Raises:
            Damaged: If this is no history.
            TooNew: If a newer tracker wrote it.
        """
        with _translated():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # SQLite gives its -wal and -shm files the mode of the main file.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            path.chmod(0o600)
            self._db = sqlite3.connect(
                path, timeout=5, isolation_level=None, check_same_thread=False
            )
            try:
                _prepare(self._db)
            except BaseException:
                self._db.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what was added stays in it."""
        self._db.close()

    def check(self) -> None:
        """Read all of it, and see that it is whole.

        Raises:
            Damaged: If it is not.
        """
        with _translated():
            (finding,) = self._db.execute("PRAGMA quick_check(1)").fetchone()
        if finding != "ok":
            raise Damaged(f"the history file is damaged: {finding}")

    def add(self, minutes: Iterable[Minute]) -> None:
        """Keep minutes durably, all or none; one that is known already changes nothing."""
        with self._transaction() as db:
            db.executemany(
                f"INSERT OR IGNORE INTO minute ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - names of this module's own table
                map(_stored, minutes),
            )

    def rows(self, since: datetime, until: datetime) -> list[Minute]:
        """Return the minutes that start in a span of time, in order.

        Args:
            since: Aware; the first instant that counts.
            until: Aware; the first that no longer does.
        """
        with _translated():
            found: list[StoredMinute] = self._db.execute(
                f"SELECT {_COLUMNS} FROM minute WHERE started_ms >= ? AND started_ms < ?"  # noqa: S608 - names of this module's own table
                " ORDER BY started_ms, rowid",
                (_ms(since), _ms(until)),
            ).fetchall()
        return [_minute(row) for row in found]

    def each(self) -> Iterator[Minute]:
        """Yield every minute in order, however many there are."""
        with _translated():
            cursor = self._db.execute(
                f"SELECT {_COLUMNS} FROM minute ORDER BY started_ms, rowid"  # noqa: S608 - names of this module's own table
            )
            for row in cursor:
                yield _minute(row)

    def forget(self, message_ids: Iterable[UUID]) -> None:
        """Never add some messages again: they are deleted here and only wait to be sent."""
        with self._transaction() as db:
            db.executemany(
                "INSERT OR IGNORE INTO forgotten VALUES (?)", [(it.bytes,) for it in message_ids]
            )

    def make_good(self, minutes: Iterable[Minute]) -> None:
        """Add what the outbox holds, all of it; of what it no longer holds nothing is left."""
        held = {minute.message_id.bytes: minute for minute in minutes}
        with self._transaction() as db:
            forgotten = {row[0] for row in db.execute("SELECT message_id FROM forgotten")}
            db.executemany(
                "DELETE FROM forgotten WHERE message_id = ?",
                [(it,) for it in forgotten - held.keys()],
            )
        self.add(minute for it, minute in held.items() if it not in forgotten)

    def expire(self, now: datetime) -> int:
        """Delete what is older than two years, and return how many minutes that was.

        At most the oldest day goes at a time, so that a clock that is set wrongly for a while
        costs a day and not everything.

        Args:
            now: Wall time, aware.
        """
        with self._transaction() as db:
            (oldest_ms,) = db.execute("SELECT min(started_ms) FROM minute").fetchone()
            if oldest_ms is None:
                return 0
            until_ms = min(_ms(now - KEPT_FOR), oldest_ms + _ms(_EPOCH + timedelta(days=1)))
            return db.execute("DELETE FROM minute WHERE started_ms < ?", (until_ms,)).rowcount

    def delete_all(self) -> None:
        """Delete every minute and overwrite it, in the journal too."""
        with _translated():
            self._db.execute("DELETE FROM minute")
            self._db.execute("VACUUM")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with _translated():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")


class Keeper:
    """Takes in messages as they are stored; no trouble of its file ever stops the tracker.

    What cannot be kept now is kept in memory and tried again with the next message. A file
    that is damaged is set aside, and another begun with what can be read of it.
    """

    def __init__(self, path: Path, say: Callable[[str], None]) -> None:
        """Begin to keep; nothing is opened yet.

        Args:
            path: Of the history.
            say: Tells the person of trouble, once for each kind.
        """
        self._path = path
        self._say = say
        self._history: History | None = None
        self._waiting: list[Minute] = []
        self._looked_at: datetime | None = None
        self._trouble: str | None = None

    def close(self) -> None:
        """Close the file; what could not be kept until now is given up."""
        if self._history is not None:
            self._history.close()
            self._history = None

    def make_good(self, messages: Sequence[Message]) -> None:
        """Keep what the outbox holds, of which a sudden end may have kept some from here."""
        self._try(lambda history: history.make_good(map(minute_of, messages)))

    def add(self, message: Message) -> None:
        """Keep a message that was just stored, and those that still wait."""
        self._waiting.append(minute_of(message))
        if self._try(self._add):
            self._waiting.clear()
        else:
            del self._waiting[:-MOST_IN_MEMORY]

    def _add(self, history: History) -> None:
        history.add(self._waiting)
        now = self._waiting[-1].started_at
        if self._looked_at is None or abs(now - self._looked_at) >= LOOK_EVERY:
            self._looked_at = now
            history.expire(now)

    def _try(self, use: Callable[[History], None]) -> bool:
        """Use the history, if it is damaged a new one, and return whether that succeeded."""
        try:
            try:
                use(self._opened())
            except Damaged as error:
                self.close()
                self._begin_anew(error)
                use(self._opened())
        except HistoryError as error:
            self._tell(f"What is measured cannot be added to the history: {error}")
            return False
        self._trouble = None
        return True

    def _begin_anew(self, error: Damaged) -> None:
        aside = _set_aside(self._path)
        saved = _readable(aside)
        self._tell(
            f"{error}. It is now {aside.name}, and a new one is begun"
            f" with the {len(saved)} minutes that could be read"
        )
        self._opened().add(saved)

    def _opened(self) -> History:
        if self._history is None:
            self._history = _checked(self._path)
        return self._history

    def _tell(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._say(f"{trouble}.")
        self._trouble = trouble


def erase(path: Path) -> list[Path]:
    """Delete a history, its journal and what was set aside of it, overwritten where possible.

    Returns:
        The files that could not be deleted.
    """
    if path.exists():
        with suppress(HistoryError), History(path) as history:
            history.delete_all()
    return [file for file in sorted(path.parent.glob(f"{path.stem}*")) if not _deleted(file)]


def _checked(path: Path) -> History:
    history = History(path)
    try:
        history.check()
    except BaseException:
        history.close()
        raise
    return history


def _set_aside(path: Path) -> Path:
    """Give a damaged history another name, so that a new one may take its place."""
    with _translated():
        number = sum(1 for _ in path.parent.glob(f"{path.stem}-damaged-*.db")) + 1
        damaged = path.with_name(f"{path.stem}-damaged-{number}.db")
        for suffix in ("-wal", "-shm", ""):
            with suppress(FileNotFoundError):
                Path(f"{path}{suffix}").replace(f"{damaged}{suffix}")
    return damaged


def _readable(damaged: Path) -> list[Minute]:
    """Return what can be read of a damaged history, from both ends up to the damage."""
    found: dict[bytes, Minute] = {}
    with suppress(sqlite3.Error), closing(sqlite3.connect(damaged)) as db:
        for order in ("ASC", "DESC"):
            with suppress(sqlite3.Error):
                for row in db.execute(f"SELECT {_COLUMNS} FROM minute ORDER BY rowid {order}"):  # noqa: S608 - names of this module's own table
                    if _is_possible(row):
                        found[row[0]] = _minute(row)
                break  # there was no damage on the way
    return list(found.values())


def _is_possible(row: tuple[object, ...]) -> bool:
    match row:
        case (
            bytes(message_id),
            int(started_ms),
            int(duration_ms),
            int(seen_ms),
            int(blinks),
            int(partial),
            int(long_closures),
            int(closed_ms),
            int(blinks_ms),
        ):
            return (
                len(message_id) == 16
                and 0 <= started_ms < _LATEST_MS
                and 0 <= seen_ms <= duration_ms
                and 0 <= closed_ms <= duration_ms <= 1000 * LONGEST_MESSAGE_S
                and 0 <= partial <= blinks
                and min(long_closures, blinks_ms) >= 0
            )
        case _:
            return False


def _deleted(file: Path) -> bool:
    try:
        file.unlink(missing_ok=True)
    except OSError:
        return False
    return True


def _prepare(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA journal_mode = WAL")
    # A commit survives a power cut: the outbox forgets a message as soon as the server has it.
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA secure_delete = ON")  # what was deleted leaves no trace
    (signature,) = db.execute("PRAGMA application_id").fetchone()
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if not db.execute("SELECT 1 FROM sqlite_schema").fetchone():
        db.executescript(_SCHEMA)
    elif signature != APPLICATION_ID:
        raise Damaged("the file is not a history")
    elif version > SCHEMA_VERSION:
        raise TooNew("a newer version of the tracker wrote the history")
    (tables,) = db.execute(
        "SELECT count(*) FROM sqlite_schema WHERE name IN ('minute', 'forgotten')"
    ).fetchone()
    if tables != 2:
        raise Damaged("the history file is damaged: a table is missing")


def _stored(minute: Minute) -> StoredMinute:
    return (
        minute.message_id.bytes,
        _ms(minute.started_at),
        minute.duration_ms,
        minute.seen_ms,
        minute.blinks,
        minute.partial,
        minute.long_closures,
        minute.closed_ms,
        minute.blinks_ms,
    )


def _minute(row: StoredMinute) -> Minute:
    message_id, started_ms, *figures = row
    return Minute(UUID(bytes=message_id), _EPOCH + started_ms * _MS, *figures)


def _ms(at: datetime) -> int:
    return (at - _EPOCH) // _MS


@contextmanager
def _translated() -> Iterator[None]:
    """Name the errors of SQLite and the disk by what the caller can do about them."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0)
        if code in _FULL:
            raise DiskFull(FULL) from error
        if code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise Damaged(f"the history file is damaged: {error}") from error
        raise HistoryError(f"the history cannot be used: {error}") from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFull(FULL) from error
        raise HistoryError(f"the history cannot be used: {error}") from error
