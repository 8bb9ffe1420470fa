"""The live loop: a source, opened and read in a thread, to readings."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from queue import Empty, Queue
from threading import Thread

from waw_desktop.core import ceiling as ceilings
from waw_desktop.core import watch as watching
from waw_desktop.core.ceiling import Ceiling, Effort
from waw_desktop.core.readings import Reading, State
from waw_desktop.core.watch import Glimpse, Watch
from waw_desktop.vision.capture import Frame, Source, SourceUnavailable, frames
from waw_desktop.vision.face import FaceFinder
from waw_desktop.vision.onlooker import Onlooker
from waw_desktop.vision.sketch import Sketcher

_SILENCE_S = 0.25
_OPENING_LASTS_S = 2.5
_REOPEN_AFTER_S = 2.0

Opener = Callable[[], Source]


@dataclass(frozen=True, slots=True)
class Silence:
    """A quarter second without a frame.

    Attributes:
        t_s: Its end.
        state: What is in the way; ENDED when there will be no more.
    """

    t_s: float
    state: State


def readings(
    opener: Opener,
    *,
    is_thrifty: bool = False,
    cpu_limit: float = math.inf,
    sketcher: Sketcher | None = None,
) -> Iterator[Reading]:
    """Yield a reading for each look, and each quarter second without a frame, to the end.

    Args:
        opener: Opens the source; it is called again whenever a live source fails.
        is_thrifty: Whether frames that do not matter may be let pass, to spare the processor.
        cpu_limit: Share of one core that this process may take in the mean.
        sketcher: Is shown each frame that was looked at.
    """
    yield watching.interrupt(Watch(), time.monotonic(), State.STARTING)[1]
    news = _news(_Feed(opener))
    with FaceFinder() as finder:
        ceiling, look = Ceiling(cpu_limit), _shown(finder, sketcher)
        yield from attend(news, look, time.process_time, ceiling, is_thrifty=is_thrifty)


def attend(
    news: Iterable[Frame | Silence],
    look: Callable[[Frame], Glimpse],
    cpu_s: Callable[[], float],
    ceiling: Ceiling,
    *,
    is_thrifty: bool,
) -> Iterator[Reading]:
    """Yield a reading for each look, each silence and each quarter second of rest.

    Args:
        news: What comes from the source; its times are the only clock.
        look: Measures the eyes in a frame.
        cpu_s: Tells the processor time used so far.
        ceiling: How much of it may be used.
        is_thrifty: Whether frames that do not matter may be let pass.
    """
    watch, rested_s = Watch(), -math.inf
    onlooker = Onlooker(look, is_thrifty=is_thrifty)
    for it in news:
        ceiling = ceilings.balance(ceiling, it.t_s, cpu_s())
        if isinstance(it, Silence):
            onlooker.start_anew()
            watch, reading = watching.interrupt(watch, it.t_s, it.state)
            yield reading
            continue
        ceiling, is_let_through = ceilings.admit(ceiling, it.t_s)
        if is_let_through:
            for glimpse in onlooker.see(it):
                watch, reading = watching.advance(watch, glimpse)
                yield reading
        elif ceiling.effort is Effort.REST and it.t_s - rested_s >= _SILENCE_S:
            rested_s = it.t_s
            onlooker.start_anew()
            watch, reading = watching.interrupt(watch, it.t_s, State.RESTING)
            yield reading


def _shown(finder: FaceFinder, sketcher: Sketcher | None) -> Callable[[Frame], Glimpse]:
    """Return what looks at a frame, and shows it to the sketcher then."""
    if sketcher is None:
        return finder.look

    def look(frame: Frame) -> Glimpse:
        glimpse = finder.look(frame)
        sketcher.show(frame, finder.outlines)
        return glimpse

    return look


def _news(feed: _Feed) -> Iterator[Frame | Silence]:
    state: State | None = None
    while state is not State.ENDED:
        it = feed.next()
        if isinstance(it, Frame):
            yield it
        else:
            state = it
            yield Silence(time.monotonic(), state)


class _Feed:
    """Frames of a source that is opened, read and reopened in a thread of its own."""

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        self._news: Queue[Frame | State] = Queue(maxsize=2)
        self._latest: Frame | State = State.STARTING
        self._is_replay = False
        self._since_s = time.monotonic()
        Thread(target=self._read, name="waw-capture", daemon=True).start()

    def next(self) -> Frame | State:
        """Wait a quarter of a second for a frame; return what is in the way if none comes.

        A replay is waited for: however late a busy computer makes it, no frame is lost.
        """
        while True:
            try:
                self._latest = self._news.get(timeout=_SILENCE_S)
            except Empty:
                if self._is_replay:
                    continue
                return self._silence()
            self._since_s = time.monotonic()
            return self._latest

    def _silence(self) -> State:
        match self._latest:
            case Frame():
                return State.FROZEN
            case State.STARTING if time.monotonic() - self._since_s > _OPENING_LASTS_S:
                return State.BUSY
            case state:
                return state

    def _read(self) -> None:
        while (state := self._play()) is not State.ENDED:
            self._news.put(state)
            time.sleep(_REOPEN_AFTER_S)
        self._news.put(State.ENDED)

    def _play(self) -> State:
        """Hand over the source's frames and return why there are no more."""
        try:
            source = self._opener()
        except SourceUnavailable as error:
            return error.state
        self._is_replay = not source.is_live
        gave_any = False
        for frame in frames(source):
            gave_any = True
            self._news.put(frame)
        source.close()
        if not source.is_live:
            return State.ENDED
        # A camera that opens and gives nothing is somebody else's; one that stops is gone.
        return State.NO_CAMERA if gave_any else State.BUSY
