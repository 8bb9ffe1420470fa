"""What is told to whoever is asked for help, and what is not."""

from __future__ import annotations

import getpass
from dataclasses import replace
from pathlib import Path
from platform import node

import pytest

from waw_desktop.core.last_hour import LastHour, Minute
from waw_desktop.core.readings import State
from waw_desktop.host import diagnostics
from waw_desktop.host.diagnostics import Facts, in_text

FACTS = Facts(
    version="0.1.0",
    qt_platform="xcb",
    has_tray=True,
    cameras=2,
    hour=LastHour((Minute(7, {State.TRACKING: 90.0, State.NO_FACE: 30.0}, frames=2700),), 500.0),
    cpu_share=0.213,
    memory_bytes=210 * 2**20,
    pending=3,
    quarantined=1,
    error_kinds={"OSError": 2, "KeyError": 1},
)
NOTHING_YET = replace(
    FACTS, has_tray=False, cameras=None, hour=LastHour(), cpu_share=None, error_kinds={}
)


@pytest.mark.parametrize(
    "facts, line",
    [
        (FACTS, "WaW 0.1.0"),
        (FACTS, "Windows: xcb, with a tray"),
        (FACTS, "Cameras: 2"),
        (FACTS, "Last hour: tracking: 1.5 min, no face: 0.5 min"),
        (FACTS, "Frames a second: 30.0"),
        (FACTS, "Processor: 21% of one core"),
        (FACTS, "Memory: 210 MiB"),
        (FACTS, "Messages: 3 waiting, 1 set aside"),
        (FACTS, "Errors: KeyError: 1, OSError: 2"),
        (NOTHING_YET, "Windows: xcb, without a tray"),
        (NOTHING_YET, "Cameras: unknown"),
        (NOTHING_YET, "Last hour: nothing"),
        (NOTHING_YET, "Frames a second: unknown"),
        (NOTHING_YET, "Processor: unknown of one core"),
        (NOTHING_YET, "Errors: none"),
    ],
)
def test_lines(facts, line):
    assert line in in_text(facts).splitlines()


def test_versions_of_what_matters_are_told(monkeypatch):
    assert "PyQt6 6." in in_text(FACTS)

    monkeypatch.setattr(diagnostics, "_PACKAGES", ("no-such-package",))
    assert "no-such-package unknown" in in_text(FACTS)


def test_nothing_of_the_person_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("USER", "alice")
    monkeypatch.setenv("WAW_EMAIL", "alice@example.org")
    text = in_text(FACTS)

    for secret in ("alice", "@", str(Path.home()), "http", *_names()):
        assert secret not in text


def _names():
    return [it for it in (node(), getpass.getuser()) if len(it) > 4]
