"""The engine in a thread of its own, so that tracking never waits for the server."""

from __future__ import annotations

import threading
import time

from waw_desktop.sync.engine import IDLE_S, Engine, Erased, Halted, Idle, Pause, run
from waw_desktop.sync.outbox import Outbox

GIVE_UP_AFTER = 3
LAST_REQUEST_S = 0.5


class Sender:
    """Sends from the moment it is made until it is stopped."""

    def __init__(self, engine: Engine, outbox: Outbox, idle_s: float = IDLE_S) -> None:
        """Begin to send.

        Args:
            engine: What sends.
            outbox: Whence.
            idle_s: How long to wait, when everything is sent, before looking again. All trackers
                seal at the same round times; so that they do not send at the same time too, this
                is half of the time between two messages.
        """
        self._engine = engine
        self._outbox = outbox
        self._stop = threading.Event()
        self._hurry = threading.Event()
        self._thread = threading.Thread(
            target=run, args=(engine, self._wait, idle_s), name="waw-sync", daemon=True
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
        self._hurry.set()
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
        self._hurry.set()
        self._thread.join(timeout=LAST_REQUEST_S)

    def _wait(self, timeout_s: float) -> bool:
        """Return whether to stop; who is idle may be hurried, who was refused may not."""
        if isinstance(self._engine.latest, Idle):
            self._hurry.wait(timeout_s)
            self._hurry.clear()
        else:
            self._stop.wait(timeout_s)
        return self._stop.is_set()
