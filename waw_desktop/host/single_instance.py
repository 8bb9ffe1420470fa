"""One window at a time on one data directory; a second start brings the first one forward.

    with only_window(directory, window.bring_forward) as is_first: ...

The first holds a lock of SQLite's on an empty file, which is let go when the program ends, however
it ends. It listens at an address that only its user can reach, and writes it beside the lock,
with a key: whoever cannot read the data directory cannot ring. A second one rings there.
"""

from __future__ import annotations

import base64
import json
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Listener
from pathlib import Path
from threading import Thread

from waw_desktop.host import files

LOCK_NAME = "window.lock"
BELL_NAME = "window.json"
RING_WITHIN_S = 2.0
_RETRY_S = 0.05
_SHOW = b"show"
_END = b"end"
_MOST_BYTES = 16


@contextmanager
def only_window(directory: Path, show: Callable[[], None]) -> Iterator[bool]:
    """Be the only window while it is entered, or have the one there is come forward.

    Args:
        directory: The desktop's data directory.
        show: Brings the window forward; it is called in a thread of its own.

    Yields:
        Whether this is the only one; if not, the other was told, or does not answer in time.

    Raises:
        OSError: If there is no place for the lock.
    """
    with closing(_connected(directory / LOCK_NAME)) as lock:
        if not _take(lock):
            # One that hangs takes the call and says nothing, for as long as it hangs.
            call = Thread(target=_ring, args=(directory / BELL_NAME,), name="waw-ring", daemon=True)
            call.start()
            call.join(RING_WITHIN_S)
            yield False
            return
        with _bell(directory / BELL_NAME, show):
            yield True


@contextmanager
def _bell(path: Path, show: Callable[[], None]) -> Iterator[None]:
    key = secrets.token_bytes(32)
    with Listener(authkey=key) as listener:  # a socket in a directory of ours, or a pipe
        address = listener.address
        files.write(
            path, json.dumps({"address": address, "key": base64.b64encode(key).decode()}) + "\n"
        )
        thread = Thread(target=_listen, args=(listener, show), name="waw-bell", daemon=True)
        thread.start()
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
            with suppress(OSError, EOFError), Client(address, authkey=key) as ours:
                ours.send_bytes(_END)  # closing a listener does not wake who waits for it
            thread.join(RING_WITHIN_S)


def _listen(listener: Listener, show: Callable[[], None]) -> None:
    while True:
        # Whoever hangs up, knows no key or says too much is no reason to hear nobody else.
        with suppress(OSError, EOFError, AuthenticationError), listener.accept() as caller:
            word = caller.recv_bytes(_MOST_BYTES)
            if word == _END:
                return
            if word == _SHOW:
                show()
                caller.send_bytes(_SHOW)


def _ring(path: Path) -> bool:
    """Tell the first one; it may still be busy with its start."""
    until_s = time.monotonic() + RING_WITHIN_S
    while time.monotonic() < until_s:
        with suppress(OSError, EOFError, ValueError, KeyError, TypeError, AuthenticationError):
            bell = json.loads(path.read_text("utf-8"))
            with Client(bell["address"], authkey=base64.b64decode(bell["key"])) as caller:
                caller.send_bytes(_SHOW)
                return caller.poll(RING_WITHIN_S) and caller.recv_bytes(_MOST_BYTES) == _SHOW
        time.sleep(_RETRY_S)
    return False


def _connected(path: Path) -> sqlite3.Connection:
    path.touch(mode=0o600)
    try:
        return sqlite3.connect(path, timeout=0, isolation_level=None)
    except sqlite3.Error as error:
        raise OSError(f"{path.name} cannot be opened: {error}") from error


def _take(lock: sqlite3.Connection) -> bool:
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            return False
        raise OSError(f"the window cannot be locked: {error}") from error
    return True
