"""What a day, week or month amounts to, in words and as rows of a table."""

from __future__ import annotations

from waw_desktop.core.history import Overview, Scale, Span, Totals
from waw_desktop.core.level import Level
from waw_desktop.ui import calendar
from waw_desktop.ui.language import _, ngettext


def summary(overview: Overview) -> str:
    """Return the whole in a few sentences."""
    totals = overview.totals
    if totals is None or totals.rate_per_min is None:
        return _("Nothing was measured in this time.")
    sentences = [
        _("You blinked %(rate)s times a minute, over %(seen)s in which your eyes were seen.")
        % {"rate": calendar.number(totals.rate_per_min), "seen": calendar.length(totals.seen_ms)},
        _usual(totals.rate_per_min, overview.level),
    ]
    if totals.incomplete_share is not None:
        sentences.append(
            _("%(share)s of the blinks did not close the eye.")
            % {"share": calendar.percent(totals.incomplete_share)}
        )
    if totals.long_closures:
        sentences.append(
            ngettext(
                "Your eyes stayed shut for longer than a blink %(count)d time.",
                "Your eyes stayed shut for longer than a blink %(count)d times.",
                totals.long_closures,
            )
            % {"count": totals.long_closures}
        )
    return " ".join(sentences)


def headings() -> tuple[str, ...]:
    """Return the columns of the table."""
    return (
        _("Time"),
        _("Blinks a minute"),
        _("Blinks"),
        _("Incomplete"),
        _("Long closures"),
        _("Seen"),
    )


def rows(overview: Overview) -> list[tuple[str, ...]]:
    """Return a row for each part; of a day from the first that was measured to the last."""
    spans = overview.spans
    if overview.period.scale is Scale.DAY:
        spans = _measured(spans)
    return [(name(span, overview.period.scale), *_figures(span.totals)) for span in spans]


def name(span: Span, scale: Scale) -> str:
    """Return what a part of a period is called."""
    return calendar.time_of_day(span.start) if scale is Scale.DAY else calendar.day(span.start)


def short_name(span: Span, scale: Scale) -> str:
    """Return what a part of a period is called where there is little room."""
    return calendar.date_only(span.start) if scale is Scale.MONTH else name(span, scale)


def _measured(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    measured = [number for number, span in enumerate(spans) if span.totals]
    return spans[measured[0] : measured[-1] + 1] if measured else ()


def _figures(totals: Totals | None) -> tuple[str, ...]:
    if totals is None or totals.rate_per_min is None:
        return (_("nothing measured"), "", "", "", "")
    share = totals.incomplete_share
    return (
        calendar.number(totals.rate_per_min),
        str(totals.blinks),
        "" if share is None else calendar.percent(share),
        str(totals.long_closures),
        calendar.length(totals.seen_ms),
    )


def _usual(rate_per_min: float, level: Level | None) -> str:
    if level is None:
        return _("What is usual for you is not known yet; that takes some hours on three days.")
    if rate_per_min < level.low_per_min:
        text = _("That is less than the %(low)s to %(high)s that are usual for you.")
    elif rate_per_min > level.high_per_min:
        text = _("That is more than the %(low)s to %(high)s that are usual for you.")
    else:
        text = _("That is usual for you: it is mostly between %(low)s and %(high)s.")
    return text % {
        "low": calendar.number(level.low_per_min),
        "high": calendar.number(level.high_per_min),
    }
