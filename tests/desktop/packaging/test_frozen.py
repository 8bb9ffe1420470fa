"""How the packaged program begins."""

import subprocess
import sys
from pathlib import Path

import pytest

from waw_desktop import __main__
from waw_desktop.packaging import frozen

PROJECT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    "typed, asked",
    [
        ([], frozen.BY_DEFAULT),  # from a menu
        (["selftest"], ["selftest"]),  # from a terminal
        (["track", "--offline"], ["track", "--offline"]),
    ],
)
def test_opens_the_window_unless_a_command_is_named(monkeypatch, typed, asked):
    given = []

    def command_line(argv):
        given.extend(argv)
        return 0

    monkeypatch.setattr(__main__, "main", command_line)
    monkeypatch.setattr(sys, "argv", ["waw", *typed])

    assert frozen.main() == 0
    assert given == [*asked]


def test_becomes_the_detector_before_it_loads_anything(monkeypatch):
    """A spawned process is the same program; it must not read the command line."""
    done = []

    def become_the_detector():
        done.append("detector")
        raise SystemExit

    monkeypatch.setattr(frozen, "give_streams", lambda: done.append("streams"))
    monkeypatch.setattr("waw_desktop.packaging.frozen.freeze_support", become_the_detector)
    monkeypatch.setattr(__main__, "main", lambda _argv: pytest.fail("the command line was read"))

    with pytest.raises(SystemExit):
        frozen.main()
    assert done == ["streams", "detector"]  # the detector writes to them too


def test_has_somewhere_to_write_without_a_terminal():
    """A program with a window has no streams on Windows, and native code writes to them."""
    script = (
        "import os, sys; from waw_desktop.packaging.frozen import give_streams;"
        "assert sys.stdout is sys.stderr is None; give_streams();"
        "print('to nowhere'); sys.stderr.flush(); os.write(2, b'too');"
        "sys.exit([sys.stdin.fileno(), sys.stdout.fileno(), sys.stderr.fileno()] != [0, 1, 2])"
    )
    closed = f'exec "{sys.executable}" -c "{script}" <&- >&- 2>&-'

    assert subprocess.run(["sh", "-c", closed], cwd=PROJECT, check=False).returncode == 0


def test_streams_that_are_there_stay(capsys):
    before = sys.stdout, sys.stderr

    frozen.give_streams()

    assert (sys.stdout, sys.stderr) == before
