"""What holds pictures leaves no image of its memory."""

from __future__ import annotations

import subprocess
import sys

import pytest

from waw_desktop.core.readings import State
from waw_desktop.vision import tracker

ON_LINUX = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="limits and prctl are asked as Linux has them"
)


def run(program):
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return done.stdout.split()


@ON_LINUX
def test_the_detector_writes_no_core():
    """Neither limit can be raised again by what runs in it."""
    import resource

    with tracker.start("portrait?fps=15") as watch:
        while (it := watch.poll(1.0)) is None or it.state is not State.TRACKING:
            pass
        assert resource.prlimit(watch.pid, resource.RLIMIT_CORE) == (0, 0)


@ON_LINUX
def test_nor_does_the_window_once_the_preview_was_open():
    program = (
        "import resource\nfrom waw_desktop.vision.preview import Preview\n"
        "preview = Preview(); preview.open()\n"
        "print(*resource.getrlimit(resource.RLIMIT_CORE))"
    )

    assert run(program) == ["0", "0"]


@ON_LINUX
def test_no_other_process_reads_the_detectors_memory():
    """Asked of the system itself: 3 is PR_GET_DUMPABLE."""
    program = (
        "import ctypes\nfrom waw_desktop.vision.crashes import close_memory\n"
        "asked = ctypes.CDLL(None).prctl\n"
        "before = asked(3); close_memory(); print(before, asked(3))"
    )

    assert run(program) == ["1", "0"]


@ON_LINUX
def test_the_detector_closes_its_memory():
    """It is the first thing the child does, before a camera is opened."""
    program = (
        "import ctypes, math\nfrom waw_desktop.vision import tracker\n"
        "class Pipe:\n    def send(self, _it): raise BrokenPipeError\n"
        "tracker._track('portrait', Pipe(), is_thrifty=True, cpu_limit=math.inf, switch=None)\n"
        "print(ctypes.CDLL(None).prctl(3))"
    )

    assert run(program) == ["0"]
