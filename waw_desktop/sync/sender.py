"""The engine in a thread of its own, so that tracking never waits for the server."""

from __future__ import annotations

import threading
import time

from waw_desktop.sync.engine import Engine, Erased, Halted, Pause, run
from waw_desktop.sync.outbox import Outbox

GIVE_UP_AFTER = 3
LAST_REQUEST_S = 0.5


class Sender:
    """Sends from the moment it is made until it is stopped."""

    def __init__(self, engine: Engine, outbox: Outbox) -> None:
        self._engine = engine
        self._outbox = outbox
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=run, args=(engine, self._stop.wait), name="waw-sync", daemon=True
        )
        self._thread.start()

    @property
    def trouble(self) -> Pause | Halted | Erased | None:
        """What keeps the engine from sending at present."""
        latest = self._engine.latest
        return latest if isinstance(latest, Pause | Halted | Erased) else None

    @property
    def disagreement(self) -> str | None:
        """In what the server's count differs from ours; None as far as is known."""
        return self._engine.disagreement

    def drain(self, limit_s: float) -> None:
        """Wait until all is sent, for as long as the server answers and limit_s allows."""
        until_s = time.monotonic() + limit_s
        while (
            time.monotonic() < until_s
            and self._thread.is_alive()
            and self._engine.failures < GIVE_UP_AFTER
            and self._outbox.counts().pending
        ):
            time.sleep(0.02)

    def stop(self) -> None:
        """Send nothing more; a request under way has a moment to end."""
        self._stop.set()
        self._thread.join(timeout=LAST_REQUEST_S)
