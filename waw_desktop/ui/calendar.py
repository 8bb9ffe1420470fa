"""Days, times, lengths and numbers as the person's language and region write them."""

from __future__ import annotations

from datetime import date, datetime
from typing import assert_never

from PyQt6.QtCore import QDate, QLocale, Qt

from waw_desktop.core.history import DAY, Period, Scale
from waw_desktop.ui import language
from waw_desktop.ui.language import _


def locale() -> QLocale:
    """Return how to write: the system's way where it speaks the window's language."""
    ours, system = QLocale(language.spoken()), QLocale.system()
    return system if system.language() == ours.language() else ours


def first_weekday() -> int:
    """Return with which day a week begins, 0 for Monday."""
    return list(Qt.DayOfWeek).index(locale().firstDayOfWeek())


def title(seen: Period) -> str:
    """Return the name of a period."""
    match seen.scale:
        case Scale.DAY:
            return _written(seen.first, "dddd, d MMMM yyyy")
        case Scale.WEEK:
            return _("%(first)s to %(last)s") % {
                "first": _written(seen.first, "d MMM"),
                "last": _written(seen.end - DAY, "d MMM yyyy"),
            }
        case Scale.MONTH:
            return _written(seen.first, "MMMM yyyy")
        case _ as never:
            assert_never(never)


def day(at: datetime) -> str:
    """Return a short name of a day, with its weekday."""
    return _written(at.date(), "ddd d MMM")


def date_only(at: datetime) -> str:
    """Return a short name of a day, without its weekday."""
    return _written(at.date(), "d MMM")


def time_of_day(at: datetime) -> str:
    """Return hours and minutes; where clocks were set back, which of the two times it is."""
    text = f"{at:%H:%M}"
    return _("%(time)s, second time") % {"time": text} if at.fold else text


def length(ms: int) -> str:
    """Return how long something took, in hours and minutes."""
    hours, minutes = divmod(ms // 60_000, 60)
    if hours:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
    if minutes:
        return _("%(minutes)d min") % {"minutes": minutes}
    return _("less than a minute")


def number(value: float) -> str:
    """Return a number with one decimal."""
    return locale().toString(value, "f", 1)


def percent(share: float) -> str:
    """Return a share, 0.0 to 1.0, in whole percent."""
    return _("%(count)d %%") % {"count": round(100 * share)}


def _written(of: date, form: str) -> str:
    return locale().toString(QDate(of.year, of.month, of.day), form)
