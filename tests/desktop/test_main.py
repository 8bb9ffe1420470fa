"""The command line: help, refusals in one line, and exit codes."""

import io
import json
import os
import pty
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from waw_desktop.__main__ import _Terminal, main
from waw_desktop.core.live import Live, Sending
from waw_desktop.core.readings import Reading, State
from waw_desktop.host.paths import desktop_dir
from waw_desktop.host.pauses import is_paused

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def environment(monkeypatch, tmp_path):
    for name in list(os.environ):
        if name.startswith("WAW_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("WAW_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(sys, "stdin", io.StringIO())


def test_without_a_command(capsys):
    """Help is printed."""
    assert main([]) == 0
    assert "track blinks and sync them" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "variables", "words"),
    [
        (["track"], {}, "an account is needed to sync: --email ADDRESS, or else --offline"),
        (["track", "--email", "alice@example.org"], {}, "a password is needed to sync"),
        (["track", "--browser"], {}, "an account is needed to sync: --email ADDRESS"),
        (["track", "--browser", "--email", "a@example.org"], {}, "Tracking on this computer"),
        (["track", "--offline", "--source", "no.mp4"], {}, "there is no file 'no.mp4' to track"),
        (["track", "--offline", "--server", "http://a.example"], {}, "http is for this machine"),
        (["track", "--offline"], {"WAW_SEAL_S": "7"}, "WAW_SEAL_S: '7' is not"),
        (["track", "--offline"], {}, "Tracking on this computer (version 1)"),
    ],
)
def test_refusals(capsys, monkeypatch, arguments, variables, words):
    """What is missing is said on standard error, and nothing is begun."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert main(arguments) == 2

    captured = capsys.readouterr()
    assert words in captured.err
    assert captured.out == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [([], "until you resume"), (["--minutes", "60"], "day, "), (["--until-tomorrow"], "00:00")],
)
def test_pause_and_resume(capsys, arguments, words):
    """A running tracker finds the pause where it looks for it; it says how long it lasts."""
    directory = desktop_dir(Path(os.environ["WAW_DATA_DIR"]))

    assert main(["pause", *arguments]) == 0
    assert words in capsys.readouterr().out
    assert is_paused(directory, datetime.now(UTC))

    assert main(["resume"]) == 0
    assert capsys.readouterr().out == "The pause is over.\n"
    assert not is_paused(directory, datetime.now(UTC))


@pytest.mark.parametrize("minutes", ["0", "-5", "soon", "10081"])
def test_a_pause_has_a_length(capsys, minutes):
    """A week at most; longer is until resumed."""
    with pytest.raises(SystemExit):
        main(["pause", "--minutes", minutes])

    assert "a number of minutes, a week at most" in capsys.readouterr().err


def test_a_pause_that_cannot_be_kept(capsys, monkeypatch, tmp_path):
    """A data directory that is none is said in a line."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("WAW_DATA_DIR", str(tmp_path / "file"))

    assert main(["pause"]) == 1
    assert "file" in capsys.readouterr().err


def test_both_texts_are_shown(capsys, monkeypatch):
    """All that must be agreed to is shown at once, and how to agree."""
    monkeypatch.setenv("WAW_PASSWORD", "x")

    assert main(["track", "--email", "alice@example.org"]) == 2

    asked = capsys.readouterr().err
    assert "Tracking on this computer" in asked
    assert "Sending your blinks to your account" in asked
    assert asked.endswith("start again with --agree local-tracking --agree cloud-sync\n")


def test_unknown_purposes(capsys):
    """Only what has a text can be agreed to."""
    with pytest.raises(SystemExit, match="2"):
        main(["track", "--agree", "everything"])

    assert "invalid" in capsys.readouterr().err


def test_tracks_offline(capsys):
    """A finite portrait is tracked to its end; the summary is one JSON object."""
    arguments = ["track", "--offline", "--agree", "local-tracking", "--json"]

    assert main([*arguments, "--source", "portrait?seconds=3"]) == 0

    summary = json.loads(capsys.readouterr().out)
    assert set(summary) == {
        *("source", "detected", "painted", "messages_sealed", "pending", "quarantined"),
        *("dropped", "synced", "device_id", "state_s"),
    }
    assert summary["detected"] == summary["painted"]
    assert summary["pending"] == summary["messages_sealed"] >= 1


def test_words_instead_of_json(capsys):
    """Without --json the summary is one line."""
    arguments = ["track", "--offline", "--agree", "local-tracking", "--for", "0"]

    assert main([*arguments, "--source", "portrait"]) == 0

    assert capsys.readouterr().out == (
        "0 blinks seen, 0 messages sealed; 0 sent, 0 waiting, 0 set aside, 0 dropped\n"
    )


def test_a_data_directory_that_cannot_be_used(capsys, monkeypatch, tmp_path):
    """One line, no traceback."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("WAW_DATA_DIR", str(tmp_path / "file"))

    code = main(["track", "--offline", "--agree", "local-tracking", "--source", "portrait"])

    assert code == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize("command", ["analyze", "bench"])
def test_commands_of_the_detector(capsys, command):
    """They answer with their own exit code."""
    assert main([command, "nowhere"]) == 2
    assert capsys.readouterr().err.startswith("nowhere")


def test_selftest(capsys):
    """It is a command too."""
    assert main(["selftest"]) == 0
    assert capsys.readouterr().out.count("ok ") == 7


def live(state):
    """Return an instant of a tracker that keeps everything here."""
    sending = Sending(pending=0, quarantined=0, synced=0, is_sending=False)
    return Live(Reading(1.0, state, None, (), 1.0), 10, sending)


def test_a_live_line(monkeypatch):
    """On a terminal one line is written over and over; lines that stay come below."""

    class Screen(io.StringIO):
        def isatty(self):
            return True

    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)

    terminal = _Terminal()
    terminal.show(live(State.TRACKING))
    terminal.show(live(State.TRACKING))
    terminal.show(live(State.NO_FACE))
    terminal.say("done")

    assert screen.getvalue().split("\r") == [
        *("", "", "tracking · 10 blinks"),
        *(" " * 20, "no face · 10 blinks"),
        *(" " * 19, "done\n"),
    ]


def test_asks_for_the_password(tmp_path):
    """On a terminal the password is asked for, and not shown."""
    pid, terminal = pty.fork()
    if pid == 0:  # pragma: no cover - the child becomes the tracker
        os.chdir(ROOT)
        os.environ["WAW_DATA_DIR"] = str(tmp_path)
        os.execv(
            sys.executable,
            [sys.executable, "-m", "waw_desktop", "track", "--email", "alice@example.org"],
        )
    os.read(terminal, 1000)
    os.write(terminal, b"correct horse\n")
    _, status = os.waitpid(pid, 0)
    shown = os.read(terminal, 10_000)

    assert os.waitstatus_to_exitcode(status) == 2
    assert b"correct horse" not in shown
    assert b"--agree local-tracking --agree cloud-sync" in shown
    os.close(terminal)


def test_is_a_program():
    """`python -m waw_desktop` ends with the command's exit code."""
    done = subprocess.run(
        [sys.executable, "-m", "waw_desktop", "track"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
