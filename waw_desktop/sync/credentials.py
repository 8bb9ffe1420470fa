"""The refresh token of one account, in the system's keyring where there is one.

    token = RefreshToken("https://waw.example.org", "alice@example.org")
    client = SyncClient(transport, keep=token.keep, load=token.load)

Only the keyrings of the three systems are trusted, by name: whatever else `keyring` may find or
be configured to use could write the token to a file that anybody can read. Without one of them
the token is held in memory, and the person signs in again at the next start.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, Protocol

LIMIT_S = 30.0  # somebody may be asked to unlock it


class Keyring(Protocol):
    """As much of `keyring`'s backends as is used here; any of it may raise, or hang."""

    def get_password(self, service: str, username: str) -> str | None:
        """Return what is kept, if anything is."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep this."""

    def delete_password(self, service: str, username: str) -> None:
        """Keep it no longer; raises if there is nothing."""


def system_keyring() -> Keyring | None:
    """Return the keyring of this system, None if it has none that can be used now.

    Neither `keyring`'s configuration nor the environment is asked, since they could divert the
    token. It may wait for D-Bus.
    """
    for backend in _trusted():
        if backend.viable:
            found: Keyring = backend()
            return found
    return None


def _trusted() -> tuple[Any, ...]:
    """Return the keyrings of the three systems."""
    from keyring.backends import SecretService, Windows, macOS  # noqa: PLC0415 - takes ten megabytes

    return (Windows.WinVaultKeyring, macOS.Keyring, SecretService.Keyring)


class RefreshToken:
    """What one account on one server goes on with; threads may share it. Nothing here raises."""

    def __init__(
        self,
        server_url: str,
        account: str,
        *,
        find: Callable[[], Keyring | None] = system_keyring,
        limit_s: float = LIMIT_S,
    ) -> None:
        """Prepare; the keyring is not touched yet.

        Args:
            server_url: Of the server that gave it.
            account: E-mail address.
            find: Returns the keyring to use.
            limit_s: How long to wait for the keyring at each call.
        """
        self._service = f"WaW {server_url}"
        self._account = account
        self._find = find
        self._limit_s = limit_s
        self._latest: str | None = None
        self._is_known = False
        self._is_kept = False
        self._keyring: Keyring | None = None
        self._is_found = False
        self._worker = _Worker()

    @property
    def is_kept(self) -> bool:
        """Whether the latest token is in the keyring, so that it outlives this program."""
        return self._is_kept

    def load(self) -> str | None:
        """Return the latest token, None if there is none that can be read within the limit."""
        if not self._is_known:
            self._worker.call(self._read, self._limit_s)
        return self._latest

    def keep(self, token: str | None) -> bool:
        """Keep a token in place of the one before; None deletes it.

        Returns:
            Whether the keyring holds what it should. If not, the token is in memory only, or
            the deleted one is still in a keyring that is locked.
        """
        self._latest, self._is_known, self._is_kept = token, True, False
        done: list[bool] = []
        self._worker.call(lambda: done.append(self._write(token)), self._limit_s)
        return done == [True]

    # What follows runs in the worker, where a keyring may raise anything.

    def _read(self) -> None:
        with suppress(Exception):
            keyring = self._found()
            token = keyring.get_password(self._service, self._account) if keyring else None
            if not self._is_known:  # else a sign-in was quicker
                self._latest, self._is_known, self._is_kept = token, True, token is not None

    def _write(self, token: str | None) -> bool:
        with suppress(Exception):
            keyring = self._found()
            if keyring is None:
                return token is None
            if token is None:
                return self._is_deleted(keyring)
            try:
                keyring.set_password(self._service, self._account, token)
            except Exception:
                self._is_deleted(keyring)  # a used token would look like a stolen one
                raise
            self._is_kept = token == self._latest
            return True
        return False

    def _is_deleted(self, keyring: Keyring) -> bool:
        with suppress(Exception):  # most raise where there is nothing to delete
            keyring.delete_password(self._service, self._account)
        return keyring.get_password(self._service, self._account) is None

    def _found(self) -> Keyring | None:
        if not self._is_found:
            self._keyring, self._is_found = self._find(), True
        return self._keyring


class _Worker:
    """Makes calls one after the other in a thread that may be left behind if one hangs.

    Calls are never dropped or overtaken: when a keyring answers after all, the last one counts.
    """

    def __init__(self) -> None:
        self._calls: SimpleQueue[tuple[Callable[[], None], threading.Event]] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._is_late = False

    def call(self, function: Callable[[], None], limit_s: float) -> None:
        """Call a function and wait for its end, but not behind one that is late already."""
        ended = threading.Event()
        self._calls.put((function, ended))
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="waw-keyring", daemon=True)
                self._thread.start()
            patience_s = 0.0 if self._is_late else limit_s
        ended.wait(patience_s)
        with self._lock:
            self._is_late = not ended.is_set()

    def _run(self) -> None:
        while True:
            function, ended = self._calls.get()
            function()
            with self._lock:
                ended.set()
                self._is_late = False
