"""A detector that runs in shifts: while it rests there is no process that holds the camera."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from types import TracebackType
from typing import Protocol, Self

from waw_desktop.core.readings import Reading, State

_ASK_EVERY_S = 0.25


class Watch(Protocol):
    """A running detector."""

    def poll(self, timeout_s: float) -> Reading | None:
        """Return the next reading, or None if none came in time."""


class Shifts:
    """Poll it like the detector that it starts and ends.

    Args:
        start: Begins to detect; leaving what it returns releases the camera.
        rest: Says why not to watch now, None to watch; asked four times a second.
    """

    def __init__(
        self,
        start: Callable[[], AbstractContextManager[Watch]],
        rest: Callable[[], State | None],
    ) -> None:
        self._start = start
        self._ask = rest
        self._asked_s = float("-inf")
        self._rest: State | None = None
        self._shift = ExitStack()
        self._watch: Watch | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._end()

    def poll(self, timeout_s: float) -> Reading | None:
        """Return the next reading, or None if none came in time.

        While it rests, one with the reason for each `timeout_s`, the first when the camera is
        released.
        """
        was = self._rest
        now_s = time.monotonic()
        if now_s - self._asked_s >= _ASK_EVERY_S:
            self._asked_s, self._rest = now_s, self._ask()
        if self._rest is None:
            return self._detector().poll(timeout_s)
        if self._rest is was:
            time.sleep(timeout_s)
        self._end()
        now_s = time.monotonic()
        return Reading(now_s, self._rest, None, (), now_s)

    def _detector(self) -> Watch:
        if self._watch is None:
            self._watch = self._shift.enter_context(self._start())
        return self._watch

    def _end(self) -> None:
        self._watch = None
        self._shift.close()
