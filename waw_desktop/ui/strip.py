"""The last ten minutes at a glance: each closure, the rate, and when nothing was seen."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pyqtgraph as pg
from PyQt6.QtCore import QEvent, Qt, QTimer
from PyQt6.QtGui import QBrush, QColor, QShowEvent
from PyQt6.QtWidgets import QLabel, QVBoxLayout, QWidget

from waw_desktop.core import recent as recents
from waw_desktop.core.readings import Closure, Kind, Reading
from waw_desktop.core.recent import LASTS_S, Recent
from waw_desktop.ui import style
from waw_desktop.ui.language import _, ngettext

_SOONEST_MS = 250
_LATEST_S = 1.0  # on a screen's width of ten minutes a second is less than two pixels

# Below the rate, in units of its axis, each kind of mark in a lane of its own.
_COMPLETE_AT, _PARTIAL_AT, _LONG_AT, _FLOOR = -3.0, -7.0, -11.0, -14.0
_LEAST_TOP = 30.0
_TICKS = 10


class Strip(QWidget):
    """Takes readings as they come; draws four times a second at most, and only while shown."""

    def __init__(self) -> None:
        super().__init__()
        self._recent = Recent()
        self._drawn_s = -math.inf
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SOONEST_MS)
        self._soon.timeout.connect(self._draw)
        self._plot = _Plot()
        self._plot.setAccessibleName(_("The last ten minutes"))
        self._summary = QLabel()
        self._summary.setWordWrap(True)
        legend = style.hint(
            QLabel(
                _(
                    "Disc: complete blink. Triangle: incomplete blink. Bar: long closure."
                    " Line: blinks per seen minute. Hatched: no data."
                )
            )
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for widget in (self._summary, self._plot, legend):
            column.addWidget(widget)

    @property
    def recent(self) -> Recent:
        """What is remembered of the last ten minutes, for whoever needs their figures."""
        return self._recent

    def take(self, reading: Reading) -> None:
        """Take in one more reading, thirty a second if need be."""
        self._recent = recents.advance(self._recent, reading)
        is_due = bool(reading.closures) or abs(reading.t_s - self._drawn_s) >= _LATEST_S
        if is_due and self.isVisible() and not self._soon.isActive():
            self._soon.start()

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802 - Qt calls this name
        """Draw what happened meanwhile."""
        super().showEvent(event)
        self._soon.start()

    def _draw(self) -> None:
        if not self.isVisible() or self._recent.latest_s is None:
            return
        self._drawn_s = self._recent.latest_s
        self._plot.show_recent(self._recent)
        text = in_words(self._recent)
        if text != self._summary.text():  # a screen reader tells each change
            self._summary.setText(text)
            self._plot.setAccessibleDescription(text)


def in_words(recent: Recent) -> str:
    """Return what the strip shows, in a sentence."""
    kinds = [it.kind for it in recents.within(recent)]
    blinks = kinds.count(Kind.COMPLETE) + kinds.count(Kind.PARTIAL)
    seen_min = round(recents.seen_s(recent) / 60)
    return ngettext(
        "Last ten minutes: %(count)d blink, of these incomplete: %(partial)d."
        " Long closures: %(long)d. Minutes seen: %(minutes)d.",
        "Last ten minutes: %(count)d blinks, of these incomplete: %(partial)d."
        " Long closures: %(long)d. Minutes seen: %(minutes)d.",
        blinks,
    ) % {
        "count": blinks,
        "partial": kinds.count(Kind.PARTIAL),
        "long": kinds.count(Kind.LONG) + kinds.count(Kind.SHUT),
        "minutes": seen_min,
    }


class _Plot(pg.PlotWidget):  # type: ignore[misc] # pyqtgraph ships no types
    """Draws them; time runs to the right, now is 0."""

    def __init__(self) -> None:
        super().__init__()
        self.setMouseEnabled(x=False, y=False)
        self.setMenuEnabled(False)
        self.hideButtons()
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        line_px = self.fontMetrics().height()
        self.setMinimumHeight(9 * line_px)
        self.setMaximumHeight(16 * line_px)  # what stands below it is worth a look too
        self.setXRange(-LASTS_S, 0, padding=0.02)
        self._top = 0.0
        self._unseen = pg.BarGraphItem(x0=[], x1=[], y0=_FLOOR, y1=_LEAST_TOP)
        self._long = pg.BarGraphItem(x0=[], x1=[], y0=_LONG_AT - 1.5, y1=_LONG_AT + 1.5)
        self._rate = pg.PlotDataItem(connect="finite")
        self._complete = pg.ScatterPlotItem(symbol="o", size=6)
        self._partial = pg.ScatterPlotItem(symbol="t1", size=7)
        for item in (self._unseen, self._long, self._rate, self._complete, self._partial):
            self.addItem(item)
        self.setLabel("bottom", _("minutes ago"))
        self.setLabel("left", _("blinks a minute"))
        self.getAxis("bottom").setTicks(
            [[(-60 * it, str(it)) for it in range(0, LASTS_S // 60 + 1, 2)]]
        )
        self._dress()

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802 - Qt calls this name
        """Follow the palette."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            self._dress()

    def show_recent(self, recent: Recent) -> None:
        """Draw the ten minutes up to the latest reading."""
        now_s = recent.latest_s or 0.0
        points = recents.rates(recent)
        rates = [math.nan if rate is None else rate for _at_s, rate in points]
        self._rate.setData([at_s - now_s for at_s, _rate in points], rates)
        self._fit(max((it for it in rates if not math.isnan(it)), default=0.0))
        closures = recents.within(recent)
        for item, kind, y in (
            (self._complete, Kind.COMPLETE, _COMPLETE_AT),
            (self._partial, Kind.PARTIAL, _PARTIAL_AT),
        ):
            x = [it.peak_s - now_s for it in closures if it.kind is kind]
            item.setData(x, [y] * len(x))
        _set_bars(self._long, [_bar(it, now_s) for it in closures if not it.is_blink])
        _set_bars(self._unseen, [(a - now_s, b - now_s) for a, b in recents.unseen(recent)])

    def _fit(self, highest: float) -> None:
        """Make room for the highest rate, in steps, so that the axis holds still."""
        top = max(_LEAST_TOP, _TICKS * math.ceil((highest + 1) / _TICKS))
        if top != self._top:
            self._top = top
            self.setYRange(_FLOOR, top, padding=0.03)
            step = _TICKS * math.ceil(top / 60)
            self.getAxis("left").setTicks([[(it, str(it)) for it in range(0, int(top) + 1, step)]])
            self._unseen.setOpts(y1=top)

    def _dress(self) -> None:
        if not hasattr(self, "_partial"):  # Qt tells of palettes before all is made
            return
        greys = style.greys()
        self.setBackground(greys.sheet)
        strong, text = pg.mkColor(greys.strong), pg.mkColor(greys.text)
        self._rate.setPen(pg.mkPen(text, width=2))
        self._complete.setBrush(pg.mkBrush(strong))
        self._complete.setPen(None)
        self._partial.setBrush(None)
        self._partial.setPen(pg.mkPen(strong, width=1))
        self._long.setOpts(brush=pg.mkBrush(strong), pen=None)
        hatching = QBrush(QColor(greys.line), Qt.BrushStyle.BDiagPattern)
        self._unseen.setOpts(brush=hatching, pen=None)
        for name in ("bottom", "left"):
            axis = self.getAxis(name)
            axis.setPen(pg.mkPen(greys.line))
            axis.setTextPen(pg.mkPen(greys.hint))


def _bar(closure: Closure, now_s: float) -> tuple[float, float]:
    """Return where a closure's bar begins and ends: two seconds wide, or it could not be seen."""
    return closure.start_s - now_s, max(closure.end_s, closure.start_s + 2.0) - now_s


def _set_bars(item: pg.BarGraphItem, spans: Sequence[tuple[float, float]]) -> None:
    item.setOpts(x0=[begin for begin, _end in spans], x1=[end for _begin, end in spans])
