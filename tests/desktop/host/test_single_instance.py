"""One window at a time: who is first, who rings, and what a dead one leaves behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from base64 import b64decode
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client
from threading import Event

import pytest

from waw_desktop.host import single_instance
from waw_desktop.host.single_instance import BELL_NAME, LOCK_NAME, only_window


def nothing():
    """Show nothing."""


HOLD = """
import sys, time
from pathlib import Path
from waw_desktop.host.single_instance import only_window
with only_window(Path(sys.argv[1]), lambda: print("shown", flush=True)) as is_first:
    print(is_first, flush=True)
    if is_first:
        time.sleep(60)
"""


@pytest.fixture
def window(tmp_path):
    """Start a program that is a window on the data directory; the last line it wrote follows."""
    started: list[subprocess.Popen[str]] = []

    def start():
        command = [sys.executable, "-c", HOLD, str(tmp_path)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout
        return process, process.stdout.readline().strip()

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_a_second_start_brings_the_first_forward_and_ends(window):
    first, is_first = window()
    second, is_second_first = window()

    assert (is_first, is_second_first) == ("True", "False")
    assert first.stdout.readline() == "shown\n"
    assert second.wait(10) == 0
    assert first.poll() is None


def test_what_a_dead_one_left_behind_is_in_nobodys_way(window, tmp_path):
    first, _ = window()
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert (tmp_path / BELL_NAME).exists()

    again, is_first = window()

    assert is_first == "True"
    window()
    assert again.stdout.readline() == "shown\n"


def test_each_data_directory_has_its_own(tmp_path):
    for name in ("alice", "bob"):
        (tmp_path / name).mkdir()

    with (
        only_window(tmp_path / "alice", nothing) as alice,
        only_window(tmp_path / "bob", nothing) as bob,
    ):
        assert alice
        assert bob


def test_it_is_let_go_at_the_end(tmp_path):
    for _time in range(2):
        with only_window(tmp_path, nothing) as is_first:
            assert is_first
            assert (tmp_path / BELL_NAME).stat().st_mode & 0o777 == 0o600
        assert not (tmp_path / BELL_NAME).exists()


def bell(path):
    """Return address and key of the first window."""
    values = json.loads((path / BELL_NAME).read_text())
    return values["address"], b64decode(values["key"])


def test_nobody_who_cannot_read_the_key_can_ring(tmp_path):
    shown = Event()
    with only_window(tmp_path, shown.set):
        address, _key = bell(tmp_path)
        with pytest.raises(AuthenticationError):
            Client(address, authkey=b"guessed")
        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(address)  # and hangs up without a word
        assert not shown.is_set()

        with only_window(tmp_path, nothing) as is_first:
            assert not is_first
        assert shown.is_set()


@pytest.mark.parametrize("word", [b"hide", b"x" * 1000])
def test_who_says_something_else_is_not_heard(tmp_path, word):
    shown = Event()
    with only_window(tmp_path, shown.set):
        address, key = bell(tmp_path)
        with Client(address, authkey=key) as caller:
            caller.send_bytes(word)
            with pytest.raises((EOFError, ConnectionError)):
                caller.recv_bytes()
        assert not shown.is_set()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"address": "/nowhere", "key": "AAAA"}'])
def test_a_first_one_that_does_not_answer_keeps_nobody_waiting(tmp_path, monkeypatch, text):
    monkeypatch.setattr(single_instance, "RING_WITHIN_S", 0.2)
    with only_window(tmp_path, nothing):
        (tmp_path / BELL_NAME).write_text(text)

        with only_window(tmp_path, nothing) as is_first:
            assert not is_first


def test_a_first_one_that_hangs_keeps_nobody_waiting(window, tmp_path):
    """A stopped program still takes calls, and answers none."""
    first, _is_first = window()
    first.send_signal(signal.SIGSTOP)
    begun_s = time.monotonic()

    with only_window(tmp_path, nothing) as is_first:
        assert not is_first

    assert time.monotonic() - begun_s < 3.0


def test_without_a_place_for_the_lock_it_says_so(tmp_path):
    with pytest.raises(OSError, match="nowhere"), only_window(tmp_path / "nowhere", nothing):
        pass

    (tmp_path / LOCK_NAME).write_bytes(b"no lock, " * 999)
    with pytest.raises(OSError, match="locked"), only_window(tmp_path, nothing):
        pass
