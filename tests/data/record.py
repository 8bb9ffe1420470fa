"""Record what the detector's own pipeline measures on the portrait, as series for tests.

    python -m tests.data.record

Writes `tests/data/series/*.csv`: time, eye aspect ratios, and 1 where a closure is painted.
Run it again when landmarks or the portrait change; then the counts in the tests hold anew.
"""

from __future__ import annotations

import csv
from pathlib import Path

from waw_desktop.vision.capture import frames, open_source
from waw_desktop.vision.face import FaceFinder
from waw_desktop.vision.portrait import truth

SERIES = Path(__file__).parent / "series"
PORTRAITS = {
    "blinks": "portrait?fps=30&seconds=60&seed=11&rate=25&half=0.3&noise=4&motion=10&light=0.2",
    "slow": "portrait?fps=12&seconds=60&seed=12&rate=25&half=0.3&noise=4",
    "distractions": "portrait?fps=30&seconds=90&seed=13&rate=0&gaze=10&squint=6&wink=6&noise=4",
}


def main() -> None:
    """Record every portrait."""
    for name, spec in PORTRAITS.items():
        record(spec, SERIES / f"{name}.csv")


def record(spec: str, path: Path) -> None:
    """Write one series; ratios are rounded to four places, far below what decides."""
    closures = truth(spec)
    with FaceFinder() as finder, path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["time_s", "ear", "right", "left", "blink"])
        for frame in frames(open_source(spec)):
            sample = finder.look(frame).sample
            ratios = (f"{ratio:.4f}" for ratio in (sample.ear, sample.right, sample.left) if ratio)
            is_closed = any(it.start_s <= frame.t_s <= it.end_s for it in closures)
            writer.writerow([f"{frame.t_s:.4f}", *ratios, int(is_closed)])


if __name__ == "__main__":
    main()
