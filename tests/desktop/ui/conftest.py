"""A real screen for what an offscreen one cannot show."""

from __future__ import annotations

import pytest

from tests.bench.screens import screen
from waw_desktop.ui import language


@pytest.fixture
def tray_screen():
    """Return the environment of an X11 screen with a window manager and a tray; mark it `tray`."""
    with screen("800x600x24") as environment:
        yield environment


@pytest.fixture
def bare_screen():
    """Return the environment of an X11 screen without a tray; use it with the marker `screen`."""
    with screen("800x600x24", has_tray=False) as environment:
        yield environment


@pytest.fixture(autouse=True)
def english():
    """Whatever language a test spoke, the next one begins in English."""
    yield
    language.use(["en"])
