"""Work beside the window: disk, network and keyring never make it wait.

    run(self, lambda: outbox.counts(), self._show_counts, self._show_fault)

The function runs in a thread; what it returns or raises comes back to the thread of the window,
unless the widget that asked is gone by then.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from PyQt6.QtCore import QObject, QRunnable, QThreadPool, pyqtSignal

Result = TypeVar("Result")


class _Outcome(QObject):
    """Carries an outcome from one thread to the other."""

    done = pyqtSignal(object)
    failed = pyqtSignal(object)


class _Job(QRunnable):
    def __init__(self, function: Callable[[], object], outcome: _Outcome) -> None:
        super().__init__()
        self._function = function
        self._outcome = outcome

    def run(self) -> None:
        """Run in a thread of the pool."""
        try:
            result = self._function()
        except Exception as error:  # noqa: BLE001 - whatever it is, the window decides
            self._tell("failed", error)
        else:
            self._tell("done", result)

    def _tell(self, signal: str, value: object) -> None:
        with suppress(RuntimeError):  # whoever asked is gone
            getattr(self._outcome, signal).emit(value)


def run(
    owner: QObject,
    function: Callable[[], Result],
    done: Callable[[Result], None],
    failed: Callable[[Exception], None],
) -> None:
    """Call a function in a thread, and then one of two others in this one.

    Args:
        owner: If it is deleted first, neither is called.
        function: May wait for disk or network; touches no widget.
        done: Takes what it returned.
        failed: Takes what it raised.
    """
    outcome = _Outcome(owner)
    outcome.done.connect(done)
    outcome.failed.connect(failed)
    outcome.done.connect(outcome.deleteLater)
    outcome.failed.connect(outcome.deleteLater)
    pool = QThreadPool.globalInstance()
    assert pool is not None  # noqa: S101 - Qt makes one when asked
    pool.start(_Job(function, outcome))
