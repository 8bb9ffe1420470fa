"""One tracker at a time on one outbox.

The lock is SQLite's own, held on an empty file beside the outbox. It works alike on every
system, takes no room on a full disk, and is let go when the program ends, however it ends.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from waw_desktop.sync.outbox import OutboxError


class AlreadyRunning(OutboxError):
    """Another tracker uses this outbox."""


@contextmanager
def only_tracker(path: Path) -> Iterator[None]:
    """Keep other trackers from an outbox; reading it meanwhile does no harm.

    Args:
        path: Of the outbox.

    Raises:
        AlreadyRunning: If another tracker was first.
        OutboxError: If there is no place for the lock.
    """
    file = path.with_suffix(".lock")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
        lock = sqlite3.connect(file, timeout=0, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise OutboxError(f"the outbox cannot be locked: {error}") from error
    with closing(lock):
        _take(lock)
        yield


def _take(lock: sqlite3.Connection) -> None:
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            raise AlreadyRunning(
                "a tracker is already running for this account on this computer"
            ) from error
        raise OutboxError(f"the outbox cannot be locked: {error}") from error
