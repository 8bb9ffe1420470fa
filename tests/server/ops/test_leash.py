"""A program on a leash ends with its owner, and tells its own exit code."""

import io
import os
import signal
import subprocess
import sys

import pytest

from waw_server.ops import leash
from waw_server.ops.database import PROJECT

SLEEPING = [sys.executable, "-c", "print('up', flush=True); import time; time.sleep(600)"]


@pytest.mark.parametrize("code", [0, 3])
def test_the_exit_code_is_the_programs(monkeypatch, code):
    """It ends by itself while its owner still holds on."""
    read, write = os.pipe()
    with os.fdopen(read) as held:
        monkeypatch.setattr(sys, "stdin", held)

        found = leash.run([sys.executable, "-c", f"raise SystemExit({code})"])
        os.close(write)

    assert found == code


def test_it_ends_when_its_owner_lets_go(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))

    assert leash.run(SLEEPING) == -signal.SIGTERM


def test_it_ends_when_the_owner_is_gone():
    """The pipe's end is all that tells it, whatever the owner died of."""
    leashed = subprocess.Popen(
        [sys.executable, "-m", "waw_server.ops.leash", *SLEEPING],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with leashed:
        assert leashed.stdin is not None
        assert leashed.stdout is not None
        assert leashed.stdout.readline() == b"up\n"
        leashed.stdin.close()

        assert leashed.stdout.read() == b""
        leashed.wait(timeout=30)


FORKING = """
import os, time
if os.fork():
    time.sleep(600)
print("up", os.getppid(), flush=True)
time.sleep(600)
"""


def test_what_a_killed_program_leaves_behind_ends_too():
    """Else a server's worker would go on serving, on the port that the next one needs."""
    leashed = subprocess.Popen(
        [sys.executable, "-m", "waw_server.ops.leash", sys.executable, "-c", FORKING],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with leashed:
        assert leashed.stdout is not None
        _, program = leashed.stdout.readline().split()
        os.kill(int(program), signal.SIGKILL)

        assert leashed.stdout.read() == b""  # the last that could write to it is gone
        assert leashed.wait(timeout=30) == -signal.SIGKILL % 256


def test_a_program_that_does_not_listen_is_killed(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    monkeypatch.setattr(leash, "STOP_LIMIT_S", 0.1)
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"

    assert leash.run([sys.executable, "-c", deaf]) in (-signal.SIGKILL, -signal.SIGTERM)
