"""The real window on a real screen, with the real detector and the real server.

A picture of each step is kept where WAW_PICTURES says: `make test` puts them in build/pictures.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.bench.screens import screen
from waw_server.blinks.models import Message
from waw_server.ops.serving import serving

PROJECT = Path(__file__).resolve().parents[2]
PASSWORD = "alice's password"
QUITS_WITHIN_S = 10.0  # 0.3 s where nobody else is at work


class Person:
    """Whoever sits in front of the window."""

    def __init__(self, process):
        self._process = process

    def does(self, step):
        """Have a step done; return what can be read afterwards."""
        self._process.stdin.write(f"{step}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the window has ended"
        answer = json.loads(line)
        assert not answer["is_late"], answer
        return answer["texts"]

    def quits(self):
        """Quit; return how long it takes until the program has ended."""
        self._process.stdin.write("quit\n")
        self._process.stdin.flush()
        began_s = time.monotonic()
        assert self._process.wait(20) == 0
        return time.monotonic() - began_s


@pytest.fixture
def pictures(tmp_path, request):
    """Return where pictures are kept."""
    kept = os.environ.get("WAW_PICTURES")
    directory = Path(kept) / request.node.name if kept else tmp_path / "pictures"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    return directory


@contextmanager
def window(data, pictures, server):
    """Run the window of somebody."""
    command = [sys.executable, "-m", "tests.journeys.robot", pictures, server, PASSWORD]
    with (
        screen() as environment,
        subprocess.Popen(
            command,
            cwd=PROJECT,
            env={
                **environment,
                "WAW_DATA_DIR": str(data),
                "WAW_SEAL_S": "5",
                "WAW_SERVER_URL": server,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        try:
            yield Person(process)
        finally:
            process.kill()


@pytest.mark.tray
def test_a_day_with_an_account(environment, alice, tmp_path, pictures):
    """Consent, sign in, count, lose the server, get it back, look back, pause, quit."""
    with ExitStack() as server:
        url = server.enter_context(serving(preferred_port=0))
        with window(tmp_path / "data", pictures, url) as person:
            for step in ("consent", "sign_in", "calibrate", "count 2", "sent"):
                person.does(step)
            server.close()
            assert any("safe" in text for text in person.does("offline"))
            person.does("count 8")
            server.enter_context(serving(preferred_port=int(url.rpartition(":")[2])))
            person.does("sent")
            assert any("You blinked" in text for text in person.does("history"))
            assert "Paused. The camera is off." in person.does("pause")

            assert person.quits() <= QUITS_WITHIN_S
    assert stored(alice) >= 8
    assert len(list(pictures.glob("*.png"))) >= 10  # the last may come after the end


@pytest.mark.tray
def test_a_day_without_one(tmp_path, pictures):
    """Nothing is sent, and everything else is there."""
    with window(tmp_path / "data", pictures, "http://127.0.0.1:9") as person:
        for step in ("without_account", "calibrate", "count 3"):
            person.does(step)
        assert "Everything stays on this computer." in person.does("count 4")
        assert any("You blinked" in text for text in person.does("history"))
        assert "Paused. The camera is off." in person.does("pause")

        assert person.quits() <= QUITS_WITHIN_S


def stored(person):
    """Return how many blinks the server has of somebody."""
    return sum(len(it.onsets_ms) for it in Message.objects.filter(user=person))
