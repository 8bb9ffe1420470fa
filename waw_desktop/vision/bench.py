"""The detector against clips and series that people have labelled."""

from __future__ import annotations

import csv
import json
import sys
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import cv2

from waw_desktop.core import blinks
from waw_desktop.core import watch as watching
from waw_desktop.core.openness import Sample
from waw_desktop.core.readings import Closure, Kind
from waw_desktop.core.scoring import Marked, Score, Span, score
from waw_desktop.core.watch import Watch
from waw_desktop.vision.analyze import Unusable, analyze
from waw_desktop.vision.capture import Frame, frames, open_source
from waw_desktop.vision.face import FaceFinder, bare_mesh

Row = tuple[float, float | None, str]
"""Time in seconds, eye aspect ratio (None without a face), label (1, 0, or empty)."""

_COST_SOURCE = "portrait?seconds=4"
_COST_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one clip or series."""

    name: str
    is_clip: bool
    score: Score


def run(directory: Path, *, as_json: bool) -> int:
    """Score every labelled clip and series under a directory; return the exit code.

    Args:
        directory: Searched through and through for annotations (`*.json` that name a clip)
            and series (`*.csv` with time_s, ear and blink).
        as_json: One JSON object instead of a table.

    Returns:
        0, or 2 after one line on standard error when there is nothing to score.
    """
    try:
        results = [*_clips(directory), *_series(directory)]
    except Unusable as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if not results:
        sys.stderr.write(f"{directory}: no annotated clip and no series in it\n")
        return 2
    report = _report(results)
    sys.stdout.write(json.dumps(report, indent=1) if as_json else _to_text(report))
    sys.stdout.write("\n")
    return 0


def score_clip(annotation: dict[str, Any], clip: Path) -> Score:
    """Return how well the detector does on a clip.

    Raises:
        Unusable: If the clip cannot be read.
    """
    fps = annotation["fps"]
    found = analyze(str(clip)).closures
    spans = [Span(round(c.start_s * fps), round(c.end_s * fps)) for c in _counted(found)]
    marked = Marked(
        blinks=tuple(Span(blink["start"], blink["end"]) for blink in annotation["blinks"]),
        ignored=tuple(Span(part["start"], part["end"]) for part in annotation["ignore"]),
        frames=Span(*annotation["annotated_range"]),
    )
    return score(spans, marked)


def score_series(rows: Sequence[Row]) -> Score:
    """Return how well the detector does on rows in order of time."""
    times_s = [t_s for t_s, _, _ in rows]
    found = blinks.detect(Sample(t_s, ear) for t_s, ear, _ in rows)
    spans = [
        Span(bisect_left(times_s, c.start_s), bisect_left(times_s, c.end_s))
        for c in _counted(found)
    ]
    labels = [label for _, _, label in rows]
    marked = Marked(
        blinks=_runs(labels, "1"), ignored=_runs(labels, ""), frames=Span(0, len(rows) - 1)
    )
    return score(spans, marked)


def _counted(closures: Iterable[Closure]) -> list[Closure]:
    """Blinks and long closures; eyes shut for longer are neither."""
    return [closure for closure in closures if closure.kind is not Kind.SHUT]


def _runs(labels: Sequence[str], wanted: str) -> tuple[Span, ...]:
    runs = [
        (label, [index for index, _ in group])
        for label, group in groupby(enumerate(labels), key=lambda pair: pair[1])
    ]
    return tuple(Span(run[0], run[-1]) for label, run in runs if label == wanted)


def _clips(directory: Path) -> Iterable[Result]:
    for path in sorted(directory.rglob("*.json")):
        annotation = json.loads(path.read_text())
        if not isinstance(annotation, dict) or not {"clip", "blinks"} <= annotation.keys():
            continue
        clip = _find(directory, path, annotation["clip"])
        yield Result(clip.name, is_clip=True, score=score_clip(annotation, clip))


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


def _series(directory: Path) -> Iterable[Result]:
    for path in sorted(directory.rglob("*.csv")):
        with path.open(newline="") as file:
            reader = csv.DictReader(file)
            if not {"time_s", "ear", "blink"} <= set(reader.fieldnames or ()):
                continue
            try:
                rows = [_row(row) for row in reader]
            except ValueError as error:
                raise Unusable(f"{path}: line {reader.line_num}: {error}") from error
        yield Result(path.name, is_clip=False, score=score_series(rows))


def _row(row: dict[str, str]) -> Row:
    ear = float(row["ear"]) if row["ear"] else None
    return float(row["time_s"]), ear, row["blink"]


def _report(results: Sequence[Result]) -> dict[str, Any]:
    return {
        "clips": [{"clip": result.name, **_as_row(result.score)} for result in results],
        "total": _as_row(_sum(results)),
        "clips_total": _as_row(_sum(r for r in results if r.is_clip)),
        "series_total": _as_row(_sum(r for r in results if not r.is_clip)),
        "cpu": measure_cost(),
    }


def _sum(results: Iterable[Result]) -> Score:
    return sum((result.score for result in results), start=Score())


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


def measure_cost() -> dict[str, float]:
    """Return processor time a frame of the detector and of the bare face mesh, and their ratio.

    Both see the same frames of 640 x 480, made beforehand, in turn.
    """
    pictures = list(frames(open_source(_COST_SOURCE)))
    pipeline_s = bare_s = 0.0
    with FaceFinder() as finder, bare_mesh() as bare:
        watch = Watch()

        def detect(frame: Frame) -> None:
            nonlocal watch
            watch, _ = watching.advance(watch, finder.look(frame))

        def find(frame: Frame) -> None:
            bare.process(cv2.cvtColor(frame.image, cv2.COLOR_BGR2RGB))

        for _ in range(_COST_ROUNDS):
            bare_s += _cpu_s(find, pictures)
            pipeline_s += _cpu_s(detect, pictures)
    per_frame_ms = 1000 / (_COST_ROUNDS * len(pictures))
    return {
        "pipeline_ms": round(pipeline_s * per_frame_ms, 3),
        "bare_ms": round(bare_s * per_frame_ms, 3),
        "ratio": round(pipeline_s / bare_s, 3),
    }


def _cpu_s(work: Callable[[Frame], None], pictures: Sequence[Frame]) -> float:
    began_s = time.process_time()
    for frame in pictures:
        work(frame)
    return time.process_time() - began_s


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
