"""A window that stays blank is noticed."""

import pytest

from waw_desktop.ui import proof


def test_says_where_a_curve_was_drawn(qapp):
    said = proof.window()

    assert said.startswith("a curve was drawn by offscreen; languages: en, ")


def test_a_blank_window_fails(qapp, monkeypatch):
    monkeypatch.setattr("pyqtgraph.PlotWidget.plot", lambda *_args, **_options: None, raising=False)

    with pytest.raises(proof.NothingDrawn, match="only 0 pixels"):
        proof.window()
