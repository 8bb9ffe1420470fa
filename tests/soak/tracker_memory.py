"""Whether the tracker's memory stays as it is while somebody works at the screen.

    WAW_ENV=development python -m tests.soak.tracker_memory [--window] [--minutes N] [--json PATH]

The real headless tracker watches the endless portrait at its own pace and stores what it sees.
Meanwhile the proportional share (PSS) of the memory of all of its processes is read and summed.
Linux only: elsewhere no system tells it.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import psutil

from tests.bench.screens import screen
from waw_desktop.host.resources import held_bytes

SETTLED_S = 120.0  # by then the models are loaded and two messages stored
MOST_GROWTH_MIB = 20.0
READ_EVERY_S = 10.0
_END_WITHIN_S = 30.0
_MIB = 1024 * 1024
_PROJECT = Path(__file__).resolve().parents[2]
_WINDOW = ("app", "--offline", "--agree", "local-tracking", "--source", "portrait")
_TRACK = ("track", "--offline", "--agree", "local-tracking", "--source", "portrait", "--json")


@dataclass(frozen=True, slots=True)
class Reading:
    """The tracker at a moment.

    Attributes:
        elapsed_s: Since it was started.
        processes: How many it has.
        pss_mib: Of all of them, in 1,048,576 bytes.
    """

    elapsed_s: float
    processes: int
    pss_mib: float


def growth_mib(readings: list[Reading]) -> float:
    """Return by how much memory grew since it had settled.

    The middle of seven readings stands for each end: a minute that is being sealed weighs nothing.
    """
    settled = [it.pss_mib for it in readings if it.elapsed_s >= SETTLED_S]
    settled = settled or [it.pss_mib for it in readings]
    return round(statistics.median(settled[-7:]) - statistics.median(settled[:7]), 2)


def soak(
    directory: Path,
    seconds: float,
    every_s: float = READ_EVERY_S,
    command: Sequence[str] = _TRACK,
    environment: Mapping[str, str] = os.environ,
) -> Iterator[Reading | dict[str, object]]:
    """Track for so long; yield readings and at last the summary that the tracker prints.

    Args:
        directory: Where it keeps its files.
        seconds: How long.
        every_s: From one reading to the next.
        command: Of the tracker; the window prints no summary.
        environment: Of its process.

    Raises:
        RuntimeError: If the tracker ended by itself.
    """
    environment = {**environment, "WAW_DATA_DIR": str(directory)}
    argv = [sys.executable, "-m", "waw_desktop", *command]
    with subprocess.Popen(
        argv, cwd=_PROJECT, env=environment, stdout=subprocess.PIPE, text=True
    ) as tracker:
        try:
            begin_s = time.monotonic()
            while time.monotonic() - begin_s < seconds:
                time.sleep(every_s)
                if tracker.poll() is not None:
                    raise RuntimeError(f"the tracker ended with code {tracker.returncode}")
                yield _read(tracker.pid, time.monotonic() - begin_s)
            tracker.send_signal(signal.SIGINT)
            printed, _ = tracker.communicate(timeout=_END_WITHIN_S)
            if printed:
                yield json.loads(printed)
        finally:
            tracker.kill()


def _read(pid: int, elapsed_s: float) -> Reading:
    tracker = psutil.Process(pid)
    family = [tracker, *tracker.children(recursive=True)]
    pss = sum(map(held_bytes, family))
    return Reading(round(elapsed_s, 1), len(family), round(pss / _MIB, 1))


def main() -> int:
    """Run, print each reading, and return 1 if memory grew by more than it may."""
    arguments = _arguments()
    readings: list[Reading] = []
    summary: dict[str, object] = {}
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="waw-soak-")))
        if arguments.window:
            environment = stack.enter_context(screen())
            run = partial(soak, command=_WINDOW, environment=environment)
        else:
            run = partial(soak)
        for it in run(directory, arguments.minutes * 60):
            if isinstance(it, Reading):
                readings.append(it)
                line = f"{it.elapsed_s:7.0f} s {it.processes:3} processes {it.pss_mib:8.1f} MiB\n"
                sys.stdout.write(line)
                sys.stdout.flush()
            else:
                summary = it
    grew_mib = growth_mib(readings)
    seen = f"; {summary['detected']} blinks were seen" if summary else ""
    sys.stdout.write(f"Memory grew by {grew_mib} MiB{seen}.\n")
    if arguments.json:
        report = {
            "growth_mib": grew_mib,
            "peak_mib": max(it.pss_mib for it in readings),
            "tracker": summary,
            "readings": [asdict(it) for it in readings],
        }
        arguments.json.write_text(json.dumps(report, indent=2) + "\n")
    return 0 if grew_mib <= MOST_GROWTH_MIB else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--window", action="store_true", help="with the window, on a screen")
    parser.add_argument("--minutes", type=float, default=30, help="how long")
    parser.add_argument("--json", type=Path, help="write the readings to this file as well")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
