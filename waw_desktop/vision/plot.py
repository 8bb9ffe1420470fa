"""A picture of one analyzed clip, for people who want to see why a blink was counted."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from waw_desktop.vision.analyze import Analysis

_INCHES_PER_S = 0.4
_NARROWEST_IN, _WIDEST_IN = 8.0, 200.0

mpl.use("Agg")


def draw(analysis: Analysis, path: Path) -> None:
    """Draw the eye aspect ratio, this person's open eye and each closure over time."""
    times_s = [glimpse.sample.t_s for glimpse in analysis.glimpses]
    ratios = [glimpse.sample.ear for glimpse in analysis.glimpses]
    width_in = min(max(_INCHES_PER_S * times_s[-1], _NARROWEST_IN), _WIDEST_IN)
    figure = Figure(figsize=(width_in, 4), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(times_s, _with_gaps(ratios), label="eye aspect ratio", linewidth=0.8)
    axes.plot(times_s, _with_gaps(analysis.baselines), label="open eye", linewidth=0.8)
    for closure in analysis.closures:
        colour = "tab:green" if closure.is_blink else "tab:red"
        axes.axvspan(closure.start_s, closure.end_s, color=colour, alpha=0.3)
    axes.set(xlabel="seconds", ylim=(0, None), title=Path(analysis.clip).name)
    axes.legend(loc="lower right")
    figure.savefig(path)


def _with_gaps(values: list[float | None] | tuple[float | None, ...]) -> list[float]:
    return [float("nan") if value is None else value for value in values]
