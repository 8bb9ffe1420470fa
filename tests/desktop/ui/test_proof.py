"""A window that stays blank is noticed."""

import pytest

from waw_desktop.core.cameras import Camera
from waw_desktop.ui import proof


def test_says_where_a_curve_was_drawn(qapp):
    said = proof.window()

    assert said.startswith("a curve was drawn by offscreen; languages: en, ")


def test_a_blank_window_fails(qapp, monkeypatch):
    monkeypatch.setattr("pyqtgraph.PlotWidget.plot", lambda *_args, **_options: None, raising=False)

    with pytest.raises(proof.NothingDrawn, match="only 0 pixels"):
        proof.window()


@pytest.mark.parametrize(
    "system, by_qt, said",
    [
        ((), None, "0 found"),  # Linux names them in its files
        ((Camera(0, "Desk"),), None, "1 found"),
        (None, (Camera(0, "Desk"), Camera(1, "Lid")), "2 found"),  # elsewhere Qt is asked
    ],
)
def test_counts_the_cameras(qapp, monkeypatch, system, by_qt, said):
    monkeypatch.setattr("waw_desktop.host.cameras.named", lambda: system)
    monkeypatch.setattr("waw_desktop.ui.proof.qt_cameras", lambda: by_qt)

    assert proof.cameras() == said
