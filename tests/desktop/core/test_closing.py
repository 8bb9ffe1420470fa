"""The window stays within reach, whatever the desktop has."""

from __future__ import annotations

import pytest

from waw_desktop.core.closing import Move, at_close, at_start, at_tray_lost


@pytest.mark.parametrize(
    "closes_to_tray, has_tray, move",
    [
        (True, True, Move.HIDE),
        (True, False, Move.QUIT),
        (False, True, Move.QUIT),
        (False, False, Move.QUIT),
    ],
)
def test_what_closing_means(closes_to_tray, has_tray, move):
    assert at_close(closes_to_tray=closes_to_tray, has_tray=has_tray) is move


@pytest.mark.parametrize(
    "in_tray, has_tray, move",
    [
        (False, True, Move.SHOW),
        (False, False, Move.SHOW),
        (True, True, Move.HIDE),
        (True, False, Move.MINIMISE),
    ],
)
def test_how_it_opens(in_tray, has_tray, move):
    assert at_start(in_tray=in_tray, has_tray=has_tray) is move


@pytest.mark.parametrize("is_hidden, move", [(True, Move.MINIMISE), (False, None)])
def test_a_hidden_window_comes_back_when_the_tray_goes(is_hidden, move):
    assert at_tray_lost(is_hidden=is_hidden) is move
