"""Looks at frames: at each, or only at those that matter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from waw_desktop.core import thrift
from waw_desktop.core.thrift import Thrift
from waw_desktop.core.watch import Glimpse
from waw_desktop.vision.capture import Frame
from waw_desktop.vision.stillness import Stillness


class Onlooker:
    """Decides by `core.thrift` which frames are looked at.

    Args:
        look: Measures the eyes in one frame.
        is_thrifty: Whether frames may be let pass; else each is looked at.
    """

    def __init__(self, look: Callable[[Frame], Glimpse], *, is_thrifty: bool) -> None:
        self._look = look
        self._is_thrifty = is_thrifty
        self.start_anew()

    def start_anew(self) -> None:
        """Forget what was seen, and frames that wait: after an interruption they are too old."""
        self._thrift = Thrift()
        self._stillness = Stillness()
        self._waiting: list[Frame] = []

    def see(self, frame: Frame) -> tuple[Glimpse, ...]:
        """Take in the next frame; return what was looked at on its account, in order of time."""
        if not self._is_thrifty:
            return (self._look(frame),)
        is_still = self._stillness.holds(frame.image)
        self._thrift, may_wait = thrift.arrive(self._thrift, frame.t_s, is_still=is_still)
        if may_wait:
            self._waiting.append(frame)
            return ()
        glimpse = self._look(frame)
        self._stillness.keep(frame.image, glimpse.eyes)
        self._thrift, matters = thrift.look(self._thrift, glimpse.sample)
        waiting, self._waiting = self._waiting, []
        if matters:
            return (*map(self._look, waiting), glimpse)
        return (replace(glimpse, passed_s=tuple(each.t_s for each in waiting)),)
