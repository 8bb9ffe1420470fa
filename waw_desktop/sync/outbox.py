"""Messages that the server has not yet confirmed, in one SQLite file.

Each server and account has a file of its own with a random device id of its own. Sealing
a message is one durable commit, before anything is sent. A row leaves only by a receipt:

    seal --> pending --receipt--> gone, counted as synced or as dropped
                |
                +--refused for good or damaged--> quarantined, kept for the person to see

The counters change in the same transaction as the rows, so at every instant
produced = synced + pending + quarantined + dropped.

The file is bounded. What has waited or been set aside for 30 days is dropped, and so is the
oldest when more than 200 MB are kept; each is counted.
"""

from __future__ import annotations

import errno
import hashlib
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self, TypeVar
from uuid import UUID, uuid4

from waw_desktop.core.messages import Message
from waw_desktop.core.retry import Fate
from waw_desktop.core.tally import Ours
from waw_desktop.sync.ballast import Ballast
from waw_desktop.sync.payload import to_text
from waw_desktop.sync.rows import (
    APPLICATION_ID,
    DAMAGED,
    DAY_MS,
    FROM_VERSION_1,
    SCHEMA,
    SCHEMA_VERSION,
    apply,
    drop,
    grow_older,
    insert,
    intact,
    make_room,
    quarantine,
    rekey,
)

LONGEST_KEPT_MS = 30 * DAY_MS
LARGEST_BYTES = 200_000_000
FULL = "the disk is full: nothing more can be stored until there is room"
# The second is what SQLite says when its index of the journal cannot be made.
_FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE)

_TALLY = """
SELECT tally_offset,
    min(
        coalesce(first_gap, numbered + 1),
        coalesce((SELECT min(seq) FROM outbox), numbered + 1)
    ) - 1,
    numbered
FROM ledger, (SELECT coalesce(max(seq), 0) AS numbered FROM sqlite_sequence)
"""

T = TypeVar("T")


class OutboxError(Exception):
    """The outbox could not be read or written; nothing was changed."""


class DiskFull(OutboxError):
    """There is no room to store a message; keep it and seal it again later.

    Receipts are applied all the same, in the room of the ballast.
    """


class Damaged(OutboxError):
    """The file is no intact outbox; `salvage.open_outbox` saves what can be read."""


class TooNew(OutboxError):
    """A newer tracker wrote the file; it is left as it is."""


class Wiped(OutboxError):
    """The account was erased and its messages with it; nothing more is taken."""


@dataclass(frozen=True, slots=True)
class Row:
    """One message that waits to be sent; its seq rises and is never used twice."""

    seq: int
    message: Message


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One message that will not be sent, why, and its text as it was stored."""

    seq: int
    message_id: str
    reason: str
    payload: str


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of all messages ever sealed into one outbox."""

    produced: int
    synced: int
    pending: int
    quarantined: int
    dropped: int

    @property
    def balanced(self) -> bool:
        """Whether every message is accounted for."""
        return self.produced == self.synced + self.pending + self.quarantined + self.dropped


def outbox_path(directory: Path, server_url: str, account: str) -> Path:
    """Return the file of one account on one server, named by their hash."""
    owner = f"{server_url}\n{account}".encode()
    return directory / f"outbox-{hashlib.sha256(owner).hexdigest()[:16]}.db"


class Outbox:
    """The messages of one account; threads may share it.

    Any method raises `OutboxError` when the file cannot be used, and has then changed
    nothing.
    """

    def __init__(self, path: Path, *, limit_bytes: int = LARGEST_BYTES) -> None:
        """Open or make the file, readable by its owner alone.

        Args:
            path: Of the file.
            limit_bytes: How much it may hold; the oldest rows make room for the newest.

        Raises:
            Damaged: If this is no intact outbox.
            TooNew: If a newer tracker wrote it.
        """
        self._path = path
        self._limit_bytes = limit_bytes
        self._lock = threading.RLock()
        self._wiped: str | None = None
        self._ballast = Ballast(path.with_suffix(".ballast"))
        self._db = self._with_ballast(self._opened)
        self._ballast.lay()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; whatever was sealed stays in it."""
        with self._lock:
            self._db.close()

    def wipe(self) -> str:
        """Delete every message, the file, and whatever was put aside of it before.

        Afterwards every method raises `Wiped`.

        Returns:
            What was done, for the person.
        """
        with self._lock:
            with suppress(sqlite3.Error):
                self._db.execute("DELETE FROM outbox")  # overwritten, not only forgotten
            self._db.close()
            left = [str(file) for file in _files(self._path) if not _deleted(file)]
            done = "the account was erased, and what this computer kept for it is deleted"
            self._wiped = f"{done}, except {', '.join(left)}" if left else done
            return self._wiped

    @property
    def device_id(self) -> UUID:
        """The random id under which this file's messages are sent."""
        return UUID(self._one("SELECT device_id FROM ledger"))

    def seal(self, message: Message) -> None:
        """Store a message durably; storing it again changes nothing.

        Raises:
            DiskFull: If there is no room; the caller still has the message.
        """
        message_id, text = str(message.message_id), to_text(message)
        with self._transaction() as db:
            known = "SELECT 1 FROM outbox WHERE message_id = ?"
            if db.execute(known, (message_id,)).fetchone():
                return
            make_room(db, self._limit_bytes)
            insert(db, message_id, text)
            db.execute("UPDATE ledger SET produced = produced + 1")
            self._ballast.lay()  # here, so that none is laid beside a file that was wiped

    def messages(self) -> list[Message]:
        """Return all that is kept, set aside or not, oldest first, but for what is damaged."""
        with self._transaction() as db:
            rows = db.execute(
                "SELECT seq, message_id, payload, sha256 FROM outbox ORDER BY seq"
            ).fetchall()
        return [message for row in rows if (message := intact(*row)) is not None]

    def release_ballast(self) -> None:
        """Let what is in memory be stored on a full disk, when there is no later."""
        self._ballast.release()

    def note_lost(self, count: int) -> None:
        """Count messages that had to be given up before they could be stored."""
        with self._transaction() as db:
            db.execute(
                "UPDATE ledger SET produced = produced + ?1, dropped = dropped + ?1", (count,)
            )

    def take(self, limit: int, max_bytes: int) -> list[Row]:
        """Return what to send next, oldest first, without removing it.

        Rows whose checksum does not fit are quarantined instead of returned.

        Args:
            limit: At most so many rows.
            max_bytes: At most so much stored text, but at least one row. The text is
                longer than what a row adds to a request.
        """
        rows: list[Row] = []
        size_bytes = 0
        with self._transaction() as db:
            for seq, message_id, text, sha256 in db.execute(
                "SELECT seq, message_id, payload, sha256 FROM outbox"
                " WHERE state = 'pending' ORDER BY kept, seq LIMIT ?",
                (limit,),
            ).fetchall():
                message = intact(seq, message_id, text, sha256)
                if message is None:
                    quarantine(db, "seq = ?", seq, DAMAGED)
                    continue
                size_bytes += len(text)
                if rows and size_bytes > max_bytes:
                    break
                rows.append(Row(seq, message))
        return rows

    def settle(self, fates: Iterable[tuple[UUID, Fate, str]]) -> None:
        """Apply what receipts said, all of it or nothing; on a full disk too.

        Args:
            fates: Message id, what becomes of the message, and the server's words.
        """
        applied = [(str(message_id), fate, reason) for message_id, fate, reason in fates]
        self._with_ballast(lambda: self._settle(applied))

    def expire(self, now: datetime) -> None:
        """Drop what has waited, or was set aside, for 30 days, and count it.

        The days are counted by looking: from one call to the next a row ages by a day at
        most, so that neither a clock that was set nor a long absence deletes anything unsent.

        Args:
            now: Wall time, aware.
        """
        with self._transaction() as db:
            if grow_older(db, int(now.timestamp() * 1000)):
                drop(db, "since_ms <= (SELECT age_ms FROM ledger) - ?", LONGEST_KEPT_MS)

    def counts(self) -> Counts:
        """Return what became of all messages so far."""
        with self._transaction() as db:
            return _counts(db)

    def tally(self) -> Ours:
        """Return what there is to compare with the server's count."""
        with self._transaction() as db:
            counts = _counts(db)
            offset, through, numbered = db.execute(_TALLY).fetchone()
        return Ours(counts.produced, counts.synced, offset, through, numbered)

    def note_offset(self, offset: int) -> None:
        """Remember how many more messages the server has of this device than it confirmed."""
        with self._transaction() as db:
            db.execute("UPDATE ledger SET tally_offset = ?", (offset,))

    def quarantined(self) -> list[Quarantined]:
        """Return what was set aside, oldest first, for the person to see and export."""
        with self._transaction() as db:
            return [
                Quarantined(*row)
                for row in db.execute(
                    "SELECT seq, message_id, reason, payload FROM outbox"
                    " WHERE state = 'quarantined' ORDER BY seq"
                )
            ]

    @property
    def told_consent(self) -> str | None:
        """The agreement that the server was told of last, None before the first."""
        told: str | None = self._one("SELECT consent FROM ledger")
        return told

    def note_consent(self, agreement: str) -> None:
        """Remember that the server was told of an agreement, so that it is told once."""
        with self._transaction() as db:
            db.execute("UPDATE ledger SET consent = ?", (agreement,))

    def _settle(self, fates: Sequence[tuple[str, Fate, str]]) -> None:
        with self._transaction() as db:
            for message_id, fate, reason in fates:
                apply(db, message_id, fate, reason)
            if any(fate is Fate.REKEYED for _, fate, _ in fates):
                rekey(db)

    def _one(self, query: str) -> Any:  # noqa: ANN401 - SQLite's values have no static type
        with self._transaction() as db:
            return db.execute(query).fetchone()[0]

    def _opened(self) -> sqlite3.Connection:
        with _translated():
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # SQLite gives its -wal and -shm files the mode of the main file.
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
            self._path.chmod(0o600)
            db = sqlite3.connect(
                self._path, timeout=30, isolation_level=None, check_same_thread=False
            )
            # Damage may leave text that is not UTF-8; the checksum will tell.
            db.text_factory = lambda raw: raw.decode(errors="replace")
            try:
                _prepare(db)
            except BaseException:
                db.close()
                raise
        return db

    def _with_ballast(self, work: Callable[[], T]) -> T:
        """Do work that has to be possible on a full disk too."""
        try:
            return work()
        except DiskFull:
            if not self._ballast.release():
                raise
            return work()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, _translated():
            if self._wiped is not None:
                raise Wiped(self._wiped)
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")


def delete(path: Path) -> list[Path]:
    """Delete an outbox for a person who asks, what is unsent in it too; no tracker may run.

    Returns:
        The files that could not be deleted.
    """
    with suppress(OutboxError):
        Outbox(path).wipe()
    return [file for file in _files(path) if not _deleted(file)]


def _files(path: Path) -> list[Path]:
    """Return an outbox, its journal, and what was salvaged of it or moved aside.

    The lock is left: it is empty, and held by whoever asks.
    """
    return sorted(it for it in path.parent.glob(f"{path.stem}*") if it.suffix != ".lock")


def _deleted(file: Path) -> bool:
    try:
        file.unlink(missing_ok=True)
    except OSError:
        return False
    return True


def _prepare(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")  # a commit survives a power cut
    db.execute("PRAGMA secure_delete = ON")  # what was sent leaves no trace
    (signature,) = db.execute("PRAGMA application_id").fetchone()
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if not db.execute("SELECT 1 FROM sqlite_schema").fetchone():
        db.executescript(SCHEMA)
        db.execute(
            "INSERT OR IGNORE INTO ledger (only_row, device_id) VALUES (1, ?)",
            (str(uuid4()),),
        )
        db.execute("COMMIT")
    elif signature != APPLICATION_ID:
        raise Damaged("the file is not an outbox")
    elif version > SCHEMA_VERSION:
        raise TooNew("a newer version of the tracker wrote the outbox")
    _check(db)
    if version == 1:
        db.executescript(FROM_VERSION_1)


def _check(db: sqlite3.Connection) -> None:
    (finding,) = db.execute("PRAGMA quick_check(1)").fetchone()
    (tables,) = db.execute(
        "SELECT count(*) FROM sqlite_schema WHERE name IN ('outbox', 'ledger')"
    ).fetchone()
    if finding != "ok" or tables != 2:
        raise Damaged(f"the outbox file is damaged: {finding}")
    try:
        UUID(db.execute("SELECT device_id FROM ledger").fetchone()[0])
        is_balanced = _counts(db).balanced
    except (TypeError, ValueError):
        is_balanced = False
    if not is_balanced:
        raise Damaged("the counters of the outbox are damaged")


def _counts(db: sqlite3.Connection) -> Counts:
    row = db.execute(
        "SELECT produced, synced,"
        " (SELECT count(*) FROM outbox WHERE state = 'pending'),"
        " (SELECT count(*) FROM outbox WHERE state = 'quarantined'),"
        " dropped FROM ledger"
    ).fetchone()
    return Counts(*row)


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
            raise Damaged(f"the outbox file is damaged: {error}") from error
        raise OutboxError(f"the outbox cannot be used: {error}") from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFull(FULL) from error
        raise OutboxError(f"the outbox cannot be used: {error}") from error
