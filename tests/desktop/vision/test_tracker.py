"""Readings from a detector in a process of its own."""

import os
import shutil
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from waw_desktop.core.readings import State
from waw_desktop.vision import tracker
from waw_desktop.vision.portrait import truth

PATIENCE_S = 60


def readings(watch):
    """Yield the readings of a finite source to its end."""
    deadline_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline_s:
        reading = watch.poll(1.0)
        if reading is not None:
            yield reading
            if reading.state is State.ENDED:
                return
    raise TimeoutError


def wait_for(watch, state):
    return next(reading for reading in readings(watch) if reading.state is state)


def test_a_finite_source_is_counted_to_its_end():
    """The portrait's blinks arrive in order, and then the end."""
    spec = "portrait?fps=20&seconds=10&rate=40&seed=3"

    with tracker.start(spec) as watch:
        seen = list(readings(watch))
        after = watch.poll(0.1)

    closures = [closure for reading in seen for closure in reading.closures]
    assert len(closures) == len(truth(spec)) > 2
    assert seen[-1].state is State.ENDED
    assert after is None
    assert all(earlier.t_s <= later.t_s for earlier, later in pairwise(seen))


def test_a_missing_camera_is_a_state():
    """The child keeps asking; the caller keeps getting readings."""
    with tracker.start("99") as watch:
        assert wait_for(watch, State.NO_CAMERA).closures == ()


def test_a_killed_child_is_replaced():
    """A crash is a reading and another child, never an exception."""
    with tracker.start("portrait") as watch:
        wait_for(watch, State.TRACKING)
        first = watch.pid
        os.kill(first, signal.SIGKILL)

        wait_for(watch, State.STARTING)
        wait_for(watch, State.TRACKING)

        assert watch.pid != first


def test_stopping_ends_the_child_within_two_seconds():
    """The camera is free when `close` returns."""
    watch = tracker.start("portrait")
    wait_for(watch, State.TRACKING)
    began_s = time.monotonic()

    watch.close()

    assert time.monotonic() - began_s < 2
    assert not psutil.pid_exists(watch.pid)
    assert watch.poll(0.1) is None


def test_the_child_follows_its_parent():
    """When the parent is gone without a word, so is the camera's user."""
    program = (
        "from waw_desktop.vision import tracker\n"
        "watch = tracker.start('portrait')\n"
        "while watch.poll(1) is None: pass\n"
        "print(watch.pid, flush=True)\n"
        "watch.poll(60); input()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))

    parent.kill()
    parent.communicate()

    child.wait(timeout=10)


def test_a_parent_that_only_asks_loads_no_models():
    """MediaPipe and OpenCV stay in the child."""
    program = (
        "import sys\nfrom waw_desktop.vision import tracker\n"
        "print([name for name in ('cv2', 'mediapipe', 'gql', 'PyQt6') if name in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"


def test_the_child_opens_no_internet_socket(tmp_path):
    """A minute of detection, traced: nothing in it can leave the machine."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed: the child's sockets were not traced")
    trace = tmp_path / "sockets"
    program = (
        "from waw_desktop.vision import tracker\n"
        "with tracker.start('portrait?seconds=60&fps=15') as watch:\n"
        "    count = 0\n"
        "    while (reading := watch.poll(5)) is None or reading.state != 'ended':\n"
        "        count += reading is not None\n"
        "print(count)\n"
    )
    argv = ["strace", "-f", "-e", "trace=socket", "-o", str(trace), sys.executable, "-c", program]

    done = subprocess.run(argv, capture_output=True, text=True, check=True)

    assert int(done.stdout) > 60  # it did look, however busy the machine is
    assert [line for line in trace.read_text().splitlines() if "AF_INET" in line] == []


def test_tracking_writes_no_file(tmp_path):
    """No frame, crop or landmark reaches the disk: the child has nothing open for writing."""
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("no /proc here: the child's open files were not looked at")
    with tracker.start("portrait") as watch:
        wait_for(watch, State.TRACKING)
        try:
            files = psutil.Process(watch.pid).open_files()
        except psutil.AccessDenied:
            pytest.skip("only root may look into the child, so its open files were not looked at")

    assert [file.path for file in files if file.mode != "r"] == []
