"""One clip from its first frame to its last: the blinks in it, and how well it was seen."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from waw_desktop.core import metrics
from waw_desktop.core import watch as watching
from waw_desktop.core.readings import Closure, Kind, Reading, State
from waw_desktop.core.watch import Glimpse, Watch
from waw_desktop.vision.capture import Frame, Source, SourceUnavailable, frames, open_source
from waw_desktop.vision.face import FaceFinder
from waw_desktop.vision.onlooker import Onlooker

_TRUNCATED_BELOW = 0.97  # frame counts of some containers are guesses, good to a few percent
_BAR_WIDTH = 40


class Unusable(Exception):
    """The clip gives nothing to report."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """All of one clip.

    Attributes:
        clip: Its name, as asked for.
        times_s: When each frame came.
        glimpses: What each frame that was looked at showed: each one, unless asked to spare.
        readings: What the detector made of each glimpse.
        baselines: This person's open eye at each glimpse, None while not known.
        closures: Every closure, in order.
        promised: How many frames the file says it has, 0 where it does not say.
        cpu_s: Processor time spent on the frames, decoding aside.
    """

    clip: str
    times_s: tuple[float, ...]
    glimpses: tuple[Glimpse, ...]
    readings: tuple[Reading, ...]
    baselines: tuple[float | None, ...]
    closures: tuple[Closure, ...]
    promised: int
    cpu_s: float

    @property
    def fps(self) -> float:
        """Mean rate of the frames by the container's time."""
        lasted_s = self.times_s[-1] - self.times_s[0]
        return (len(self.times_s) - 1) / lasted_s if lasted_s else 0.0

    @property
    def is_truncated(self) -> bool:
        """Whether the file promised more frames than could be read."""
        return len(self.times_s) < self.promised * _TRUNCATED_BELOW - 1


def run(clip: str, *, as_json: bool, plot: Path | None = None, is_thrifty: bool = False) -> int:
    """Analyze a clip, write what was found to standard output, return the exit code.

    Args:
        clip: A path, an address, or a portrait with an end.
        as_json: One JSON object instead of a few lines.
        plot: Where to draw openness, baseline and blinks, as a picture.
        is_thrifty: Whether frames that do not matter are let pass, as the live loop does.

    Returns:
        0, or 2 after one line on standard error: the clip cannot be used, or ends early, or
        nothing here can draw.
    """
    if plot is not None and find_spec("matplotlib") is None:
        sys.stderr.write("--plot needs Matplotlib, which the packaged program does without\n")
        return 2
    try:
        analysis = analyze(clip, is_thrifty=is_thrifty)
    except Unusable as error:
        sys.stderr.write(f"{error}\n")
        return 2
    report = to_json(analysis)
    sys.stdout.write(json.dumps(report, indent=1) if as_json else _to_text(report))
    sys.stdout.write("\n")
    if plot is not None:
        draw(analysis, plot)
    if analysis.is_truncated:
        read, promised = len(analysis.times_s), analysis.promised
        sys.stderr.write(f"{clip}: truncated, only {read} of {promised} frames are readable\n")
        return 2
    return 0


def analyze(clip: str, *, is_thrifty: bool = False) -> Analysis:
    """Return all of one clip.

    Raises:
        Unusable: If it cannot be opened, has no frames, no end or shows no face.
    """
    try:
        source = open_source(clip)
    except SourceUnavailable as error:
        raise Unusable(str(error)) from error
    if source.is_endless:
        source.close()
        raise Unusable(f"{clip}: it has no end; give a file, or a portrait with seconds")
    analysis = _watch(clip, source, is_thrifty=is_thrifty)
    source.close()
    if not analysis.readings:
        raise Unusable(f"{clip}: no frame can be read")
    if all(glimpse.sample.ear is None for glimpse in analysis.glimpses):
        raise Unusable(f"{clip}: no face in {len(analysis.times_s)} frames")
    return analysis


def to_json(analysis: Analysis) -> dict[str, Any]:
    """Return the report's fixed shape; times in seconds from the first frame."""
    spent_s = metrics.seconds_by_state(analysis.readings)
    long = [closure for closure in analysis.closures if closure.kind is Kind.LONG]
    return {
        "clip": analysis.clip,
        "fps": round(analysis.fps, 3),
        "frames": len(analysis.times_s),
        "seen_s": round(spent_s.get(State.TRACKING, 0.0), 3),
        "state_s": {str(state): round(lasted_s, 3) for state, lasted_s in spent_s.items()},
        "blinks": [_as_row(closure) for closure in analysis.closures if closure.is_blink],
        "long_closures": [_as_row(closure) for closure in long],
        "cpu_ms_per_frame": round(1000 * analysis.cpu_s / len(analysis.times_s), 3),
    }


def draw(analysis: Analysis, path: Path) -> None:
    """Draw openness, baseline and blinks over time into a picture."""
    from waw_desktop.vision import plot  # noqa: PLC0415 - Matplotlib only for those who ask

    plot.draw(analysis, path)


def _watch(clip: str, source: Source, *, is_thrifty: bool) -> Analysis:
    times_s, glimpses, readings, baselines, cpu_s = [0.0], [], [], [], 0.0
    watch = Watch()
    with FaceFinder() as finder:
        onlooker = Onlooker(finder.look, is_thrifty=is_thrifty)
        for frame in _with_progress(source):
            times_s.append(frame.t_s)
            began_s = time.process_time()
            for glimpse in onlooker.see(frame):
                watch, reading = watching.advance(watch, glimpse)
                glimpses.append(glimpse)
                readings.append(reading)
                baselines.append(watch.eyes.baseline)
            cpu_s += time.process_time() - began_s
    _, last = watching.interrupt(watch, times_s[-1], State.ENDED)
    closures = [closure for reading in (*readings, last) for closure in reading.closures]
    return Analysis(
        clip,
        tuple(times_s[1:]),
        tuple(glimpses),
        tuple(readings),
        tuple(baselines),
        tuple(closures),
        source.frames_promised,
        cpu_s,
    )


def _with_progress(source: Source) -> Iterator[Frame]:
    """Yield the frames, with a bar for whoever watches a terminal."""
    shows = sys.stderr.isatty() and source.frames_promised > 0
    for index, frame in enumerate(frames(source)):
        if shows and index % 30 == 0:
            done = min(1.0, index / source.frames_promised)
            bar = "#" * round(done * _BAR_WIDTH)
            sys.stderr.write(f"\r[{bar:<{_BAR_WIDTH}}] {done:4.0%}")
        yield frame
    if shows:
        sys.stderr.write("\r\x1b[K")


def _as_row(closure: Closure) -> dict[str, Any]:
    return {
        "start_s": round(closure.start_s, 3),
        "peak_s": round(closure.peak_s, 3),
        "end_s": round(closure.end_s, 3),
        "completeness": round(closure.completeness, 3),
        "kind": str(closure.kind),
    }


def _to_text(report: dict[str, Any]) -> str:
    seen_s, blinks = report["seen_s"], report["blinks"]
    rate = f"{60 * len(blinks) / seen_s:.1f} per seen minute" if seen_s else "nothing seen"
    frames_line = (
        f"{report['clip']}: {report['frames']} frames at {report['fps']:.1f} fps, "
        f"{report['cpu_ms_per_frame']:.1f} ms of processor time each"
    )
    blinks_line = (
        f"seen {seen_s:.1f} s, {len(blinks)} blinks ({rate}), "
        f"{len(report['long_closures'])} long closures"
    )
    lines = [frames_line, blinks_line]
    lines += [
        f"  {blink['start_s']:8.2f} s  {1000 * (blink['end_s'] - blink['start_s']):4.0f} ms  "
        f"{blink['kind']}"
        for blink in blinks
    ]
    return "\n".join(lines)
