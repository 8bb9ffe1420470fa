"""The detector against clips and series that people have labelled."""

from __future__ import annotations

import csv
import json
import sys
import time
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import cv2

from waw_desktop.core import blinks, thrift
from waw_desktop.core import watch as watching
from waw_desktop.core.blinks import LONGEST_CLOSURE_S
from waw_desktop.core.openness import Sample
from waw_desktop.core.readings import Closure, Kind
from waw_desktop.core.scoring import Marked, Score, Span, score
from waw_desktop.core.watch import Watch
from waw_desktop.vision.analyze import Unusable, analyze
from waw_desktop.vision.capture import frames, open_source
from waw_desktop.vision.face import FaceFinder, bare_mesh
from waw_desktop.vision.onlooker import Onlooker
from waw_desktop.vision.quiet import native_stderr_closed

_COST_SOURCE = "portrait?seconds=10"


@dataclass(frozen=True, slots=True)
class Labelled:
    """One clip or series with what a person marked in it and what was detected.

    Attributes:
        name: Of its file.
        is_clip: Whether the eyes were measured here, or a series of ratios was given.
        times_s: When each frame came.
        samples: The eyes, in the frames that were looked at.
        closures: What the detector made of them.
        marked: What should have been found.
        fps: Frames a second.
    """

    name: str
    is_clip: bool
    times_s: tuple[float, ...]
    samples: tuple[Sample, ...]
    closures: tuple[Closure, ...]
    marked: Marked
    fps: float

    def span(self, start_s: float, end_s: float) -> Span:
        """Return the frames between two times."""
        return Span(self._frame(start_s), self._frame(end_s))

    @property
    def score(self) -> Score:
        """How well the closures agree with the marks; eyes shut for longer are neither."""
        counted = [closure for closure in self.closures if closure.kind is not Kind.SHUT]
        return score([self.span(c.start_s, c.end_s) for c in counted], self.marked)

    def _frame(self, t_s: float) -> int:
        return bisect_left(self.times_s, t_s - 0.5 / self.fps)


def run(directory: Path, *, as_json: bool, is_thrifty: bool = False) -> int:
    """Score every labelled clip and series under a directory; return the exit code.

    Args:
        directory: Searched through and through for annotations (`*.json` that name a clip)
            and series (`*.csv` with time_s, ear and blink, and right and left where known).
        as_json: One JSON object instead of a table.
        is_thrifty: Whether frames that do not matter are let pass, as the live loop does.

    Returns:
        0, or 2 after one line on standard error when there is nothing to score.
    """
    try:
        found = list(labelled(directory, is_thrifty=is_thrifty))
    except Unusable as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if not found:
        sys.stderr.write(f"{directory}: no annotated clip and no series in it\n")
        return 2
    report = _report(found, measure_cost(is_thrifty=is_thrifty))
    sys.stdout.write(json.dumps(report, indent=1) if as_json else _to_text(report))
    sys.stdout.write("\n")
    return 0


def labelled(directory: Path, *, is_thrifty: bool = False) -> Iterator[Labelled]:
    """Yield every annotated clip and then every series under a directory.

    Raises:
        Unusable: If a file is not what it seems to be.
    """
    for path in sorted(directory.rglob("*.json")):
        try:
            annotation = json.loads(path.read_text())
        except ValueError as error:
            raise Unusable(f"{path}: {error}") from error
        if isinstance(annotation, dict) and {"clip", "blinks"} <= annotation.keys():
            clip = _find(directory, path, annotation["clip"])
            yield _clip(annotation, clip, is_thrifty=is_thrifty)
    for path in sorted(directory.rglob("*.csv")):
        yield from _series(path, is_thrifty=is_thrifty)


def _clip(annotation: dict[str, Any], path: Path, *, is_thrifty: bool) -> Labelled:
    analysis = analyze(str(path), is_thrifty=is_thrifty)
    fps = annotation["fps"]
    return Labelled(
        name=path.name,
        is_clip=True,
        times_s=analysis.times_s,
        samples=tuple(glimpse.sample for glimpse in analysis.glimpses),
        closures=analysis.closures,
        marked=_marked(
            [Span(blink["start"], blink["end"]) for blink in annotation["blinks"]],
            [Span(part["start"], part["end"]) for part in annotation["ignore"]],
            Span(*annotation["annotated_range"]),
            fps,
        ),
        fps=fps,
    )


def _series(path: Path, *, is_thrifty: bool) -> Iterator[Labelled]:
    """Yield the series in a file, or nothing if it holds something else."""
    with path.open(newline="") as file:
        reader = csv.DictReader(file)
        if not {"time_s", "ear", "blink"} <= set(reader.fieldnames or ()):
            return
        try:
            rows = [(_sample(row), row["blink"]) for row in reader]
        except ValueError as error:
            raise Unusable(f"{path}: line {reader.line_num}: {error}") from error
    if len(rows) < 2:
        raise Unusable(f"{path}: no rows")
    samples, labels = zip(*rows, strict=True)
    fps = (len(samples) - 1) / (samples[-1].t_s - samples[0].t_s)
    marked = _marked(_runs(labels, "1"), _runs(labels, ""), Span(0, len(rows) - 1), fps)
    times_s = tuple(sample.t_s for sample in samples)
    looked_at = tuple(thrift.spared(samples)) if is_thrifty else samples
    closures = tuple(blinks.detect(looked_at))
    yield Labelled(path.name, False, times_s, looked_at, closures, marked, fps)  # noqa: FBT003 - as named in the class


def _sample(row: dict[str, str]) -> Sample:
    ear, right, left = (
        float(row[name]) if row.get(name) else None for name in ("ear", "right", "left")
    )
    return Sample(float(row["time_s"]), ear, right, left)


def _marked(closures: Iterable[Span], ignored: Iterable[Span], frames: Span, fps: float) -> Marked:
    """Return the marks; eyes shut for more than a second count neither way."""
    longest = LONGEST_CLOSURE_S * fps
    shut = {span for span in closures if span.end - span.start + 1 > longest}
    kept = tuple(span for span in closures if span not in shut)
    return Marked(kept, (*ignored, *shut), frames)


def _runs(labels: Sequence[str], wanted: str) -> list[Span]:
    runs = [
        (label, [index for index, _ in group])
        for label, group in groupby(enumerate(labels), key=lambda pair: pair[1])
    ]
    return [Span(run[0], run[-1]) for label, run in runs if label == wanted]


def _find(directory: Path, annotation: Path, clip: str) -> Path:
    """Return the clip beside its annotation, under the directory, or of that name anywhere.

    Raises:
        Unusable: If there is none.
    """
    near = (annotation.parent / clip, annotation.parent.parent / clip, directory / clip)
    anywhere = sorted(directory.rglob(Path(clip).name))
    for path in (*near, *anywhere):
        if path.is_file():
            return path
    raise Unusable(f"{annotation}: its clip {clip} is not there")


def _report(found: Sequence[Labelled], cpu: dict[str, float]) -> dict[str, Any]:
    scores = [(each.is_clip, each.score) for each in found]
    return {
        "clips": [{"clip": each.name, **_as_row(each.score)} for each in found],
        "total": _as_row(sum((score for _, score in scores), Score())),
        "clips_total": _as_row(sum((score for is_clip, score in scores if is_clip), Score())),
        "series_total": _as_row(sum((score for is_clip, score in scores if not is_clip), Score())),
        "cpu": cpu,
    }


def _as_row(of: Score) -> dict[str, Any]:
    return {
        "tp": of.tp,
        "fp": of.fp,
        "fn": of.fn,
        "precision": round(of.precision, 4),
        "recall": round(of.recall, 4),
        "f1": round(of.f1, 4),
        "onset_error_frames": of.onset_error,
        "end_error_frames": of.end_error,
    }


def measure_cost(*, is_thrifty: bool = False) -> dict[str, float]:
    """Return processor time a frame of the detector and of the bare face mesh, and their ratio.

    Both see the same frames of 640 x 480, made beforehand, in turn, so that whatever else
    the computer does slows both alike.
    """
    pipeline_s = bare_s = 0.0
    pictures = list(frames(open_source(_COST_SOURCE)))
    with FaceFinder() as finder, bare_mesh() as bare:
        watch, onlooker = Watch(), Onlooker(finder.look, is_thrifty=is_thrifty)
        with native_stderr_closed():  # the bare mesh, too, comments on its first face
            bare.process(pictures[0].image)
        for frame in pictures:
            began_s = time.process_time()
            bare.process(cv2.cvtColor(frame.image, cv2.COLOR_BGR2RGB))
            between_s = time.process_time()
            for glimpse in onlooker.see(frame):
                watch, _ = watching.advance(watch, glimpse)
            bare_s += between_s - began_s
            pipeline_s += time.process_time() - between_s
    per_frame_ms = 1000 / len(pictures)
    return {
        "pipeline_ms": round(pipeline_s * per_frame_ms, 3),
        "bare_ms": round(bare_s * per_frame_ms, 3),
        "ratio": round(pipeline_s / bare_s, 3),
    }


def _to_text(report: dict[str, Any]) -> str:
    rows = [
        *report["clips"],
        {"clip": "clips", **report["clips_total"]},
        {"clip": "series", **report["series_total"]},
        {"clip": "total", **report["total"]},
    ]
    lines = [f"{'':28} {'tp':>4} {'fp':>4} {'fn':>4}  precision recall   f1"]
    lines += [
        f"{row['clip']:28} {row['tp']:4} {row['fp']:4} {row['fn']:4}"
        f"  {row['precision']:9.3f} {row['recall']:6.3f} {row['f1']:5.3f}"
        for row in rows
    ]
    cpu = report["cpu"]
    lines.append(f"{cpu['pipeline_ms']:.2f} ms a frame, {cpu['ratio']:.2f} x the bare face mesh")
    return "\n".join(lines)
