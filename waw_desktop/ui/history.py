"""The page to look back: a day, week or month as a chart, a table and in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QTabBar, QVBoxLayout, QWidget

from waw_desktop.core.history import DAY, Overview, Period, Scale, period
from waw_desktop.ui import calendar, history_words, style, work
from waw_desktop.ui.language import _, marked
from waw_desktop.ui.rates import Rates
from waw_desktop.ui.saving import reason
from waw_desktop.ui.table import Table

_SCALES = {
    Scale.DAY: marked("Day"),
    Scale.WEEK: marked("Week"),
    Scale.MONTH: marked("Month"),
}


class HistoryPage(QWidget):
    """Shows one period at a time, as it is read from this computer's disk."""

    def __init__(self, load: Callable[[Period], Overview], today: Callable[[], date]) -> None:
        """Make the page; nothing is read before `refresh`.

        Args:
            load: Reads what a period amounts to; called in a thread.
            today: The day it is where the person is.
        """
        super().__init__()
        self._load = load
        self._today = today
        self._wanted = period(Scale.DAY, today())
        self._scales = QTabBar()
        self._title = style.large(QLabel(), 1.3)
        self._summary = QLabel()
        self._summary.setWordWrap(True)
        self._rates = Rates()
        self._table = Table(_("Figures of the chart"))
        self._before = QPushButton(_("Earlier"))
        self._now = QPushButton(_("Today"))
        self._after = QPushButton(_("Later"))
        self._lay_out()
        self._scales.currentChanged.connect(self._rescale)
        self._before.clicked.connect(lambda: self._go(self._wanted.first - DAY))
        self._now.clicked.connect(lambda: self._go(self._today()))
        self._after.clicked.connect(lambda: self._go(self._wanted.end))

    def refresh(self) -> None:
        """Read the period that is shown again."""
        wanted = self._wanted
        self._title.setText(calendar.title(wanted))
        self._after.setEnabled(wanted.end <= self._today())
        work.run(
            self,
            lambda: self._load(wanted),
            self._show,
            lambda error: self._show_trouble(wanted, error),
        )

    def _rescale(self, index: int) -> None:
        scale = list(_SCALES)[index]
        today = self._today()
        seen = self._wanted
        # From a week or month that holds today one comes to today, not to its first day.
        day = today if seen.first <= today < seen.end else seen.first
        self._wanted = period(scale, day, calendar.first_weekday())
        self.refresh()

    def _go(self, day: date) -> None:
        self._wanted = period(self._wanted.scale, day, calendar.first_weekday())
        self.refresh()

    def _show(self, overview: Overview) -> None:
        if overview.period != self._wanted:
            return  # the person has gone on meanwhile
        scale = overview.period.scale
        self._summary.setText(history_words.summary(overview))
        names = [history_words.short_name(span, scale) for span in overview.spans]
        rates = [span.totals.rate_per_min if span.totals else None for span in overview.spans]
        self._rates.show_rates(names, rates, overview.level)
        self._table.rows.fill(history_words.headings(), history_words.rows(overview))

    def _show_trouble(self, wanted: Period, error: Exception) -> None:
        if wanted != self._wanted:
            return
        self._summary.setText(
            _("The history cannot be shown: %(reason)s.") % {"reason": reason(error)}
        )
        self._rates.show_rates((), (), None)
        self._table.rows.fill(history_words.headings(), ())

    def _lay_out(self) -> None:
        for text in _SCALES.values():
            self._scales.addTab(_(text))
        self._scales.setAccessibleName(_("How much to show"))
        self._scales.setExpanding(False)
        self._scales.setDrawBase(False)
        self._summary.setAccessibleDescription(_("In words"))
        steps = QHBoxLayout()
        steps.addWidget(self._scales)
        steps.addStretch()
        for button in (self._before, self._now, self._after):
            steps.addWidget(button)
        column = QVBoxLayout(self)
        column.addLayout(steps)
        column.addWidget(self._title)
        column.addWidget(self._summary)
        column.addWidget(self._rates, stretch=1)
        column.addWidget(
            style.hint(QLabel(_("The band is what is usual for you, the dashed line its middle.")))
        )
        column.addWidget(self._table, stretch=1)
