"""What the window costs beside the tracker without one.

    python -m tests.bench.window [--seconds N] [--json PATH]

The real window, on a screen of its own, tracks the painted portrait at 30 frames a second; then
the tracker without a window does. Read are the time from the start of the process to the first
frame that was measured, the CPU time and the memory of all processes, and for how long the
thread of the window ever kept others waiting.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from waw_desktop.host.resources import held_bytes

PROJECT = Path(__file__).resolve().parents[2]
SOURCE = "portrait?fps=30"
TICK_MS = 5
MOST_START_S = 2.5
MOST_MEMORY_MIB = 260.0
MOST_CPU_RATIO = 1.25
MOST_BLOCKED_MS = 100.0
_SETTLED_S = 5.0  # by then everything is loaded; CPU is counted from there
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Probe:
    """What the window's own process saw.

    Attributes:
        start_s: From the start of the process to the first measured frame.
        blocked_ms: The longest that the thread of the window kept a timer waiting after the
            window was shown, median and worst of all waits of more than a tick.
        worst_blocked_ms: The worst of them.
    """

    start_s: float
    blocked_ms: float
    worst_blocked_ms: float


@dataclass(frozen=True, slots=True)
class Cost:
    """What all processes of a tracker took.

    Attributes:
        cpu: CPU seconds a second, once settled.
        pss_mib: Proportional share of memory of all processes at the end.
        rss_mib: Resident memory of the first process at the end.
    """

    cpu: float
    pss_mib: float
    rss_mib: float


@dataclass(frozen=True, slots=True)
class Figures:
    """All of it."""

    window: Cost
    headless: Cost
    probe: Probe

    @property
    def cpu_ratio(self) -> float:
        """How much more CPU the window takes."""
        return self.window.cpu / self.headless.cpu

    @property
    def is_within(self) -> bool:
        """Whether each figure keeps its limit."""
        return (
            self.probe.start_s <= MOST_START_S
            and self.window.rss_mib <= MOST_MEMORY_MIB
            and self.cpu_ratio <= MOST_CPU_RATIO
            and self.probe.worst_blocked_ms <= MOST_BLOCKED_MS
        )


def measure(seconds: float) -> Figures:
    """Return the figures of one run of each."""
    from tests.bench.screens import screen

    with tempfile.TemporaryDirectory(prefix="waw-window-") as directory, screen() as environment:
        told = Path(directory) / "probe.json"
        probe = [sys.executable, "-m", "tests.bench.window", "--probe", str(told)]
        window = _cost(probe, {**environment, "WAW_DATA_DIR": f"{directory}/a"}, seconds)
        bare = [sys.executable, "-m", "waw_desktop", "track", "--offline"]
        bare += ["--agree", "local-tracking", "--source", SOURCE]
        headless = _cost(bare, {**os.environ, "WAW_DATA_DIR": f"{directory}/b"}, seconds)
        return Figures(window, headless, Probe(**json.loads(told.read_text())))


def _cost(command: list[str], environment: dict[str, str], seconds: float) -> Cost:
    process = psutil.Popen(command, cwd=PROJECT, env=environment, stderr=subprocess.DEVNULL)
    time.sleep(_SETTLED_S)
    began_s, before_s = time.monotonic(), _cpu_s(process)
    time.sleep(seconds)
    cpu = (_cpu_s(process) - before_s) / (time.monotonic() - began_s)
    pss, rss = sum(map(held_bytes, _all(process))), process.memory_info().rss
    process.terminate()
    process.wait(30)
    return Cost(cpu, pss / _MIB, rss / _MIB)


def _all(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def _cpu_s(process: psutil.Process) -> float:
    return sum(sum(each.cpu_times()[:2]) for each in _all(process))


def probe(told: Path) -> int:
    """Be the window, and tell at the end what its process saw."""
    from functools import partial

    from PyQt6.QtCore import QTimer

    from waw_desktop import desktop as wiring
    from waw_desktop.app import Task
    from waw_desktop.config import from_environment
    from waw_desktop.core.consents import Purpose
    from waw_desktop.core.live import Live
    from waw_desktop.core.preferences import Preferences
    from waw_desktop.core.readings import State
    from waw_desktop.host.logs import Log
    from waw_desktop.host.paths import desktop_dir
    from waw_desktop.host.preferences import Loaded
    from waw_desktop.ui import application
    from waw_desktop.ui.style import Theme
    from waw_desktop.vision import tracker
    from waw_desktop.vision.preview import Preview

    began_at = psutil.Process().create_time()
    settings = from_environment()
    task = Task(SOURCE, settings.server_url, "", agrees_to=(Purpose.LOCAL_TRACKING,))
    qt = application.make(["waw"], "en", Theme.LIGHT)
    preview = Preview()
    start = partial(tracker.start, preview=preview)
    desktop = wiring.Desktop(
        lambda _settings: wiring.Job(task, start),
        settings,
        preview,
        Loaded(Preferences()),
        Log(desktop_dir(settings.data_dir)),
    )
    signals = application.StopSignals(desktop.quit, desktop.window)
    starts_s: list[float] = []
    waits_ms: list[float] = []

    def on_live(live: Live) -> None:
        if not starts_s and live.reading.state is State.TRACKING:
            starts_s.append(time.time() - began_at)

    ticks = [time.monotonic()]

    def on_tick() -> None:
        now_s = time.monotonic()
        waits_ms.append((now_s - ticks[0]) * 1000 - TICK_MS)
        ticks[0] = now_s

    def on_end() -> None:
        late = sorted(wait for wait in waits_ms if wait > TICK_MS) or [0.0]
        figures = Probe(starts_s[0], late[len(late) // 2], late[-1])
        told.write_text(json.dumps(asdict(figures)))
        qt.quit()

    desktop.quitted.append(on_end)
    desktop.open()
    desktop.listen(on_live)
    timer = QTimer()
    timer.setInterval(TICK_MS)
    timer.timeout.connect(on_tick)
    timer.start()
    code = qt.exec()
    signals.end()
    return code


def main() -> int:
    """Measure, print, and return 1 if a limit is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0, help="how long each runs")
    parser.add_argument("--json", type=Path, metavar="PATH", help="write the figures to a file")
    parser.add_argument("--probe", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.probe:
        return probe(arguments.probe)
    it = measure(arguments.seconds)
    sys.stdout.write(
        f"start to first measured frame {it.probe.start_s:.2f} s;"
        f" window {it.window.rss_mib:.0f} MiB ({it.window.pss_mib:.0f} MiB with its"
        f" detector); CPU {it.window.cpu:.3f} against"
        f" {it.headless.cpu:.3f} without a window, {it.cpu_ratio:.2f} x; the window's thread was"
        f" blocked for {it.probe.worst_blocked_ms:.0f} ms at most\n"
    )
    if arguments.json:
        arguments.json.write_text(json.dumps({**asdict(it), "cpu_ratio": it.cpu_ratio}) + "\n")
    return 0 if it.is_within else 1


if __name__ == "__main__":
    sys.exit(main())
