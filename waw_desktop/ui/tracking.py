"""The tracker in a thread beside the window: it reports by signals and ends when told to."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from PyQt6.QtCore import QObject, pyqtSignal

from waw_desktop.core.live import Live


class Screen(Protocol):
    """What a tracker reports to, from its own thread."""

    def say(self, line: str) -> None:
        """Tell something that stays."""

    def show(self, live: Live) -> None:
        """Tell how things are at present."""


Track = Callable[[Screen, threading.Event], object]


class Tracking(QObject):
    """One run of the tracker.

    Attributes:
        told: How things are, a `Live`, up to some thirty times a second.
        said: A line that stays.
        ended: What the run came to, or the exception that ended it.
    """

    told = pyqtSignal(object)
    said = pyqtSignal(str)
    ended = pyqtSignal(object)

    def __init__(self, track: Track, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._track = track
        self._stop = threading.Event()
        # The window waits for its end; whatever else ends the program is not to wait for a camera.
        self._thread = threading.Thread(target=self._run, name="waw-track", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Ask it to end; `ended` tells when it has."""
        self._stop.set()

    def wait(self, timeout_s: float) -> bool:
        """Wait for the end of the thread; return whether it has ended."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def say(self, line: str) -> None:
        """Pass a line on to the window's thread."""
        self.said.emit(line)

    def show(self, live: Live) -> None:
        """Pass on how things are."""
        self.told.emit(live)

    def _run(self) -> None:
        try:
            outcome = self._track(self, self._stop)
        except Exception as error:  # noqa: BLE001 - whatever it is, the window says so
            outcome = error
        self.ended.emit(outcome)
