"""What the blink detector takes beside the bare face mesh, in a process of its own."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

from waw_desktop.vision.bench import measure_cost


def cpu_vs_bare() -> float:
    """Return how many times the CPU of MediaPipe's face mesh alone a frame takes.

    The process is fresh, so that nothing of the server's side is counted or in the way.
    """
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as fresh:
        return fresh.submit(measure_cost).result()["ratio"]
