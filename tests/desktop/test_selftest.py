"""An installation proves itself, or says what is wrong with it."""

import subprocess
import sys
from pathlib import Path

import pytest

from waw_desktop import selftest


def test_proves_everything(capsys, qapp):
    """Every part of the program works here."""
    assert selftest.run() == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "ok      detector",
        "ok      process",
        "ok      outbox",
        "ok      documents",
        "ok      passwords",
        "ok      window",
        "ok      cameras",
    ]


@pytest.mark.parametrize("error", [selftest.Failed("no face"), ImportError("no model")])
def test_says_what_is_wrong(capsys, error):
    """A part that fails is named with its reason."""

    def prove():
        raise error

    assert selftest._holds("detector", prove) is False
    expected = f"failed  detector: {type(error).__name__}: {error}\n"
    assert capsys.readouterr().out == expected


def test_loads_no_window_toolkit():
    """What needs no window loads none."""
    load = "import sys, waw_desktop.selftest, waw_desktop.__main__"
    ask = f"{load}; print('PyQt6' in sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", ask],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == "False"
