"""Readings from a source, made in a process of their own.

Whatever the detector does, be it a native crash, a long call or an import, it does in a
spawned child that talks through a one-way pipe:

    parent  start --> poll, poll, poll ... <--Reading-- child  runs `loop.readings`

While a preview is open, pictures come the same way. They are memory of these two processes
and nothing else: neither leaves an image of it when it crashes.

The child ends by itself when nobody reads its pipe; the parent starts another when it dies.
"""

from __future__ import annotations

import math
import multiprocessing
import signal
import time
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Self

from waw_desktop.core.pictures import Picture
from waw_desktop.core.readings import Reading, State
from waw_desktop.vision.crashes import close_memory, leave_no_core
from waw_desktop.vision.preview import Preview, Switch

_STOP_WITHIN_S = 1.0
_FIRST_RESTART_S = 0.5
_LONGEST_RESTART_S = 30.0
_SOUND_AFTER_S = 60.0


def start(
    source: str,
    *,
    is_thrifty: bool = True,
    cpu_limit: float = math.inf,
    preview: Preview | None = None,
) -> Tracker:
    """Start to track a source in a child process.

    Args:
        source: Camera number, path, address or portrait, as `capture.open_source` has it.
            Files and the portrait are played at their own pace.
        is_thrifty: Whether frames that do not matter are let pass, to spare the processor.
        cpu_limit: Share of one core that the child may take in the mean.
        preview: Takes pictures while it is open; without one there are none.
    """
    return Tracker(source, is_thrifty=is_thrifty, cpu_limit=cpu_limit, preview=preview)


class Tracker:
    """The parent's end: `poll` it for readings, `close` it to release the camera."""

    def __init__(
        self, source: str, *, is_thrifty: bool, cpu_limit: float, preview: Preview | None
    ) -> None:
        self._preview = preview
        self._spawn = partial(
            _spawn,
            source,
            is_thrifty=is_thrifty,
            cpu_limit=cpu_limit,
            switch=None if preview is None else preview.switch,
        )
        self._deaths = 0
        self._has_ended = False
        self._started_s = time.monotonic()
        self._process, self._readings = self._spawn()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid or 0

    def poll(self, timeout_s: float) -> Reading | None:
        """Return the next reading, or None when none came in time.

        A finite source ends with one reading of State.ENDED, and None for ever after, as
        after `close`. A child that died gives one of State.STARTING, and another child
        after a while.
        """
        if self._has_ended:
            return None
        if self._readings.closed and not self._restart(timeout_s):
            return None
        try:
            reading = self._receive(timeout_s)
        except (EOFError, OSError):
            return self._bury()
        self._has_ended = reading is not None and reading.state is State.ENDED
        return reading

    def close(self) -> None:
        """End the child for good; the system takes the camera from it."""
        self._has_ended = True
        self._end_child()

    def _receive(self, timeout_s: float) -> Reading | None:
        """Wait for a reading; hand over the pictures that come before it."""
        until_s = time.monotonic() + timeout_s
        while self._readings.poll(max(0.0, until_s - time.monotonic())):
            it: Reading | Picture = self._readings.recv()
            if isinstance(it, Reading):
                return it
            if self._preview is not None:
                self._preview.take(it)
        return None

    def _end_child(self) -> None:
        self._readings.close()
        _end(self._process)
        if self._preview is not None:
            self._preview.take(None)

    def _bury(self) -> Reading:
        now_s = time.monotonic()
        self._end_child()
        self._deaths = 0 if now_s - self._started_s > _SOUND_AFTER_S else self._deaths + 1
        self._started_s = now_s + min(_FIRST_RESTART_S * 2.0**self._deaths, _LONGEST_RESTART_S)
        return Reading(now_s, State.STARTING, None, (), now_s)

    def _restart(self, timeout_s: float) -> bool:
        """Start another child once the wait is over; tell whether there is one."""
        wait_s = self._started_s - time.monotonic()
        time.sleep(max(0.0, min(wait_s, timeout_s)))
        if wait_s > timeout_s:
            return False
        self._process, self._readings = self._spawn()
        return True


def _spawn(
    source: str, *, is_thrifty: bool, cpu_limit: float, switch: Switch | None
) -> tuple[BaseProcess, Connection]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(
        target=_track,
        args=(source, theirs),
        kwargs={"is_thrifty": is_thrifty, "cpu_limit": cpu_limit, "switch": switch},
        name="waw-detector",
        daemon=True,
    )
    process.start()
    theirs.close()
    return process, ours


def _end(process: BaseProcess) -> None:
    process.terminate()
    process.join(_STOP_WITHIN_S)
    if process.is_alive():
        process.kill()
        process.join()


def _track(
    source: str,
    readings: Connection,
    *,
    is_thrifty: bool,
    cpu_limit: float,
    switch: Switch | None,
) -> None:
    """Run in the child: send readings until the source ends or nobody listens."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    leave_no_core()
    close_memory()
    from waw_desktop.vision import capture, loop, sketch  # noqa: PLC0415 - only the child sees

    def opened() -> capture.Source:
        return capture.open_source(source, realtime=True)

    sketcher = None if switch is None else sketch.Sketcher(switch, readings.send)
    try:
        for reading in loop.readings(
            opened, is_thrifty=is_thrifty, cpu_limit=cpu_limit, sketcher=sketcher
        ):
            readings.send(reading)
    except BrokenPipeError:
        return
