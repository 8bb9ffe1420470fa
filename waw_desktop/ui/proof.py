"""That a window with a drawing in it can be shown here, and the system's cameras be named."""

from __future__ import annotations

import os

import pyqtgraph as pg
from PyQt6.QtCore import QCoreApplication
from PyQt6.QtWidgets import QApplication

from waw_desktop.host import cameras as known
from waw_desktop.ui import language, style
from waw_desktop.ui.camera import qt_cameras

_PIXELS = 40
"""A curve across a window of 320 pixels darkens more than these, a blank one none."""


class NothingDrawn(Exception):
    """A window was shown, but stayed blank."""


def window() -> str:
    """Show a window for an instant, draw a curve in it and say where.

    No screen is needed, unless QT_QPA_PLATFORM names one: xcb, wayland, windows or cocoa.

    Raises:
        NothingDrawn: If the curve is not in the picture of the window.
    """
    application = _application()
    ground, ink = style.LIGHT.sheet, style.LIGHT.text
    plot = pg.PlotWidget(background=ground)
    plot.hideAxis("left")
    plot.hideAxis("bottom")
    plot.resize(320, 240)
    plot.plot([0, 1, 2, 3], [0.1, 0.3, 0.1, 0.3], pen=pg.mkPen(ink, width=3))
    plot.show()
    application.processEvents()
    picture = plot.grab().toImage()
    plot.close()
    dark = sum(
        picture.pixelColor(x, y).lightness() < 128
        for x in range(0, picture.width(), 2)
        for y in range(0, picture.height(), 2)
    )
    if dark < _PIXELS:
        raise NothingDrawn(f"only {dark} pixels of a curve were drawn")
    languages = sorted(file.stem for file in language.DIRECTORY.glob("*.po"))
    spoken = ", ".join(["en", *languages])
    return f"a curve was drawn by {QApplication.platformName()}; languages: {spoken}"


def cameras() -> str:
    """Ask for the cameras' names, as the window does, and say how many there are; none is opened.

    Raises:
        ImportError: If what would be asked is not part of the installation.
    """
    application = _application()
    found = known.named()
    found = qt_cameras() if found is None else found
    application.processEvents()
    return f"{len(found)} found"


def _application() -> QCoreApplication:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    return QApplication.instance() or QApplication([])
