"""Blink rates over time as a line in greys, with gaps where nothing was measured."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QEvent, Qt

from waw_desktop.core.level import Level
from waw_desktop.ui import style
from waw_desktop.ui.language import _

MOST_NAMES = 8
LEAST_TOP_PER_MIN = 20.0


class Rates(pg.PlotWidget):  # type: ignore[misc] # pyqtgraph ships no types
    """A chart to look at; a table beside it has to have the same figures."""

    # Of the class, because Qt changes the palette while the base is being made.
    _shown: tuple[Sequence[str], Sequence[float | None], Level | None] | None = None

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(_("Chart of blinks a minute. The table has the same figures."))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMouseEnabled(x=False, y=False)
        self.setMenuEnabled(enableMenu=False)
        self.hideButtons()
        self.setMinimumHeight(10 * self.fontMetrics().height())

    def show_rates(
        self, names: Sequence[str], rates: Sequence[float | None], level: Level | None
    ) -> None:
        """Draw rates.

        Args:
            names: Of the parts, in order of time.
            rates: Blinks per seen minute in each; None where nothing was measured.
            level: What is usual for the person, drawn as a band with a dashed line.
        """
        self._shown = (names, rates, level)
        self._draw(names, rates, level)

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802 - Qt calls this name
        """Follow light and dark, and the direction of the language."""
        super().changeEvent(event)
        follows = (QEvent.Type.PaletteChange, QEvent.Type.LayoutDirectionChange)
        if self._shown is not None and event is not None and event.type() in follows:
            self._draw(*self._shown)

    def _draw(
        self, names: Sequence[str], rates: Sequence[float | None], level: Level | None
    ) -> None:
        greys = style.greys()
        self.clear()
        self.setBackground(greys.sheet)
        for side in ("left", "bottom"):
            axis = self.getAxis(side)
            axis.setPen(greys.line)
            axis.setTextPen(greys.text)
        self.setLabel("left", _("Blinks a minute"))
        self.getAxis("bottom").setTicks([_ticks(names)])
        self.getViewBox().invertX(self.layoutDirection() is Qt.LayoutDirection.RightToLeft)
        if level is not None:
            self._draw_level(level)
        measured = [rate for rate in rates if rate is not None]
        if measured:
            self._draw_rates(rates)
        highest = max(measured, default=0.0)
        top = max(highest, level.high_per_min if level else 0.0, LEAST_TOP_PER_MIN)
        self.setXRange(-0.5, max(len(rates) - 0.5, 0.5), padding=0)
        self.setYRange(0, 1.1 * top, padding=0)

    def _draw_rates(self, rates: Sequence[float | None]) -> None:
        strong = style.greys().strong
        self.plot(
            np.arange(len(rates)),
            np.array([math.nan if rate is None else rate for rate in rates]),
            connect="finite",
            pen=pg.mkPen(strong, width=2),
            symbol="o",
            symbolSize=self.fontMetrics().height() // 3,
            symbolPen=None,
            symbolBrush=strong,
        )

    def _draw_level(self, level: Level) -> None:
        greys = style.greys()
        band = pg.LinearRegionItem(
            (level.low_per_min, level.high_per_min),
            orientation="horizontal",
            movable=False,
            brush=greys.ground,
            pen=greys.line,
        )
        middle = pg.InfiniteLine(
            level.rate_per_min, angle=0, pen=pg.mkPen(greys.hint, style=Qt.PenStyle.DashLine)
        )
        self.addItem(band)
        self.addItem(middle)


def _ticks(names: Sequence[str]) -> list[tuple[int, str]]:
    """Return some names at even distances, each with its place."""
    step = max(-(-len(names) // MOST_NAMES), 1)
    return [(place, names[place]) for place in range(0, len(names), step)]
