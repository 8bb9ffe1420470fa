"""Tells whoever watches somebody's figures that it is time to look again.

A notice says whose figures changed and holds none of them: what passes through the channel
layer, or is lost there, is no blink data.

    request ──look_again()──> thread of this process ──channel layer──> sockets, which read

Sending one costs a round trip, so it is kept off the request: a thread does it, at once for the
first notice and then at most once a second for each person, with the last one never left out.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import threading
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

from channels.layers import channel_layers

PAUSE_S = 1.0
CLOSE_LIMIT_S = 5.0
LOOK_AGAIN = {"type": "look.again"}

logger = logging.getLogger(__name__)


def group_of(user_id: UUID) -> str:
    """Return the group that hears of a person's changes."""
    return f"person.{user_id.hex}"


def look_again(user_id: UUID) -> None:
    """Say that a person's figures changed; returns before anybody has heard it."""
    announcer.tell(group_of(user_id))


class Announcer:
    """A thread with an event loop and a channel layer of its own, begun when first needed."""

    def __init__(self, pause_s: float = PAUSE_S) -> None:
        self._pause_s = pause_s
        self._beginning = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_failing = False
        # Groups told within the last pause; true if they have to be told once more after it.
        self._again: dict[str, bool] = {}
        self._deciding = threading.Lock()

    def tell(self, group: str) -> None:
        """Have a group told soon; the thread is woken only for one it has not just told."""
        with self._beginning:
            if self._thread is None:
                self._begin()
            if not self._is_told_again(group):
                self._loop.call_soon_threadsafe(self._hear, group)

    def close(self) -> None:
        """End the thread and its connections; the next notice begins them anew."""
        with self._beginning:
            if self._thread is None:
                return
            self._loop.call_soon_threadsafe(self._ended.set)
            self._thread.join(CLOSE_LIMIT_S)
            self._thread = None

    def _begin(self) -> None:
        begun = threading.Event()
        self._again = {}
        self._thread = threading.Thread(
            target=_run, args=(self._live, begun), name="notices", daemon=True
        )
        self._thread.start()
        begun.wait()

    async def _live(self, begun: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        # Not the process's usual one: a layer belongs to one event loop.
        self._layer: Any = channel_layers.make_backend("default")
        begun.set()
        await self._ended.wait()
        for task in self._tasks:
            task.cancel()  # or one could connect again after the flush
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._layer.flush()

    def _is_told_again(self, group: str) -> bool:
        """Ask for a group to be told; return whether somebody is at it."""
        with self._deciding:
            is_told = group in self._again
            self._again[group] = True
            return is_told

    def _is_asked_for(self, group: str) -> bool:
        """Take what was asked for; whoever tells from here on is heard once more."""
        with self._deciding:
            is_asked = self._again.pop(group)
            if is_asked:
                self._again[group] = False
            return is_asked

    def _hear(self, group: str) -> None:
        task = self._loop.create_task(self._keep_telling(group))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _keep_telling(self, group: str) -> None:
        while self._is_asked_for(group):
            if not await self._sent(group):
                self._is_told_again(group)
            await asyncio.sleep(self._pause_s)

    async def _sent(self, group: str) -> bool:
        """Return whether it went out; if not, it is tried again after the pause."""
        try:
            await self._layer.group_send(group, LOOK_AGAIN)
        except Exception as error:  # noqa: BLE001 - each layer has its own, and none may end this
            if not self._is_failing:
                logger.warning("no notices for now: %s", error)
            self._is_failing = True
            return False
        self._is_failing = False
        return True


def _run(
    live: Callable[[threading.Event], Coroutine[Any, Any, None]], begun: threading.Event
) -> None:
    # psycopg needs this kind of loop, which is not the usual one on Windows.
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(live(begun))


announcer = Announcer()
atexit.register(announcer.close)
