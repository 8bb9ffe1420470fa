"""What imports cannot catch: pure rules are told the time, they never ask for it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PURE = [
    *sorted((PROJECT / "waw_desktop" / "core").glob("*.py")),
    PROJECT / "waw_server" / "accounts" / "tokens.py",
    PROJECT / "waw_server" / "blinks" / "messages.py",
    PROJECT / "waw_server" / "blinks" / "versions.py",
]
CLOCKS = {"now", "today", "utcnow"}


def clocks_asked(source):
    """Return the names of the clocks that a program asks."""
    return [
        node.func.attr
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in CLOCKS
    ]


@pytest.mark.parametrize("path", PURE, ids=lambda path: path.stem)
def test_asks_no_clock(path):
    """The clock is an argument."""
    assert clocks_asked(path.read_text()) == []


def test_a_seeded_clock_is_found():
    """The search itself works."""
    assert clocks_asked("from datetime import datetime\ndatetime.now()") == ["now"]
