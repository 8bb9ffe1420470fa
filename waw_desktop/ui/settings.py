"""The page of settings: each explained, applied at once, and one step from its default."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QGroupBox,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from waw_desktop.core import preferences as choices
from waw_desktop.core.preferences import Preferences
from waw_desktop.host.preferences import Loaded
from waw_desktop.ui import controls, style
from waw_desktop.ui.language import _

SHOWN_ELSEWHERE = frozenset({"source", "camera_name", "account"})
"""Choices that other pages have: that of the camera, and that of the account."""

_ENDONYMS = {"en": "English", "de": "Deutsch"}  # each speaker finds their own


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the page.

    Attributes:
        names: Which fields of `Preferences` it is about; their values come in this order.
        title: What it is called.
        explanation: What it does, and where its default is from.
        control: Shows one value, or a tuple of values where there are several names.
        is_possible: Whether this computer has what it takes.
    """

    names: tuple[str, ...]
    title: str
    explanation: str
    control: controls.Control
    is_possible: bool = True

    def read(self, preferences: Preferences) -> object:
        """Return the choice among all."""
        values = tuple(getattr(preferences, name) for name in self.names)
        return values[0] if len(values) == 1 else values

    def write(self, preferences: Preferences, value: object) -> Preferences:
        """Return all choices with this one changed.

        Raises:
            ValueError: If it cannot be used.
        """
        values = value if len(self.names) > 1 and isinstance(value, tuple) else (value,)
        changes: dict[str, Any] = dict(zip(self.names, values, strict=True))
        return replace(preferences, **changes)


class SettingsPage(QWidget):
    """Every setting in groups.

    Args:
        preferences: What is chosen.
        managed: Names of the choices that an administrator has made.
        has_tray: Whether this desktop has a tray.

    Attributes:
        changed: All choices, a `Preferences`, after each change of one.
    """

    changed = pyqtSignal(object)

    def __init__(
        self, preferences: Preferences, managed: frozenset[str] = frozenset(), *, has_tray: bool
    ) -> None:
        super().__init__()
        self._preferences = preferences
        self._rows: list[_Row] = []
        self._notice = QLabel()
        self._notice.setWordWrap(True)
        self._notice.setAccessibleDescription(_("Notice"))
        self._notice.hide()
        column = QVBoxLayout(self)
        column.addWidget(self._notice)
        for title, settings in _groups(has_tray=has_tray):
            column.addWidget(self._group(title, settings))
        column.addStretch()
        self.show_preferences(preferences, managed)

    def show_preferences(self, preferences: Preferences, managed: frozenset[str]) -> None:
        """Show what is chosen, and what of it cannot be chosen here."""
        self._preferences = preferences
        for row in self._rows:
            row.show(preferences, is_managed=not managed.isdisjoint(row.setting.names))

    def show_problem(self, name: str, words: str) -> None:
        """Say beside a setting why it could not be applied; nothing if the words are empty."""
        for row in self._rows:
            if name in row.setting.names:
                row.tell(words)

    def show_loaded(self, loaded: Loaded) -> None:
        """Say above the settings what of the file could not be used; nothing if all could."""
        words = ""
        if loaded.set_aside is not None:
            words = _(
                "Your settings could not be read, so each has its default. What was there is kept"
                " as %(file)s."
            ) % {"file": loaded.set_aside.name}
        elif loaded.unusable:
            words = _("These settings could not be used and have their defaults: %(settings)s.") % {
                "settings": ", ".join(self._titles(loaded.unusable))
            }
        self._notice.setText(words)
        self._notice.setVisible(bool(words))

    def _titles(self, names: Collection[str]) -> list[str]:
        """Return what settings are called, in the order of the page."""
        here = [it.setting for it in self._rows if not set(names).isdisjoint(it.setting.names)]
        elsewhere = {"source": _("Camera"), "camera_name": _("Camera"), "account": _("Account")}
        others = {title: None for name, title in elsewhere.items() if name in names}
        return [*(it.title for it in here), *others]

    def _group(self, title: str, settings: Sequence[Setting]) -> QGroupBox:
        group = QGroupBox(title)
        grid = QGridLayout(group)
        grid.setColumnStretch(1, 1)
        for setting in settings:
            row = _Row(setting, grid)
            row.control.picked.connect(partial(self._pick, row))
            row.default.clicked.connect(partial(self._to_default, row))
            self._rows.append(row)
        return group

    def _pick(self, row: _Row) -> None:
        self._apply(row, row.control.value())

    def _to_default(self, row: _Row) -> None:
        self._apply(row, row.setting.read(Preferences()))
        row.focus()  # the button that had it is gone

    def _apply(self, row: _Row, value: object) -> None:
        try:
            preferences = row.setting.write(self._preferences, value)
        except ValueError:
            row.show(self._preferences)
            return
        row.tell("")
        is_new = preferences != self._preferences
        self._preferences = preferences
        row.show(preferences)
        if is_new:
            self.changed.emit(preferences)


class _Row:
    """Title, control, the way back, and an explanation below."""

    def __init__(self, setting: Setting, grid: QGridLayout) -> None:
        self.setting = setting
        self.control = setting.control
        widget = setting.control
        self._managed = QLabel(_("Set by your administrator."))
        self._problem = QLabel()
        self._problem.setWordWrap(True)
        self.default = QPushButton(_("Back to default"))
        self.default.setAccessibleName(
            _("Back to default: %(setting)s") % {"setting": setting.title}
        )
        policy = self.default.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.default.setSizePolicy(policy)
        self._is_managed = False
        explanation = style.hint(QLabel(setting.explanation))
        widget.setAccessibleDescription(setting.explanation)
        widget.setEnabled(setting.is_possible)
        line = grid.rowCount()
        if isinstance(widget, QCheckBox):
            grid.addWidget(widget, line, 0, 1, 2)
        else:
            label = QLabel(setting.title)
            label.setBuddy(widget)
            widget.setAccessibleName(setting.title)
            grid.addWidget(label, line, 0)
            grid.addWidget(widget, line, 1, Qt.AlignmentFlag.AlignLeading)
        grid.addWidget(self.default, line, 2)
        for nth, below in enumerate((explanation, self._managed, self._problem), line + 1):
            grid.addWidget(below, nth, 0, 1, 3)
        self._managed.hide()
        self._problem.hide()

    def show(self, preferences: Preferences, *, is_managed: bool | None = None) -> None:
        """Show the choice; whether it is managed stays as it was for None."""
        if is_managed is not None:
            self._is_managed = is_managed
        may_choose = self.setting.is_possible and not self._is_managed
        self.control.show_value(self.setting.read(preferences))
        self.control.setEnabled(may_choose)
        self._managed.setVisible(self._is_managed)
        is_default = self.setting.read(preferences) == self.setting.read(Preferences())
        self.default.setVisible(may_choose and not is_default)

    def tell(self, words: str) -> None:
        """Say what is wrong; nothing for an empty text."""
        self._problem.setText(words)
        self._problem.setVisible(bool(words))

    def focus(self) -> None:
        """Have the keyboard go on with this control."""
        self.control.setFocus(Qt.FocusReason.OtherFocusReason)


def _groups(*, has_tray: bool) -> list[tuple[str, list[Setting]]]:
    return [
        (_("Appearance"), _appearance()),
        (_("Reminders"), _reminders()),
        (_("Breaks"), _breaks()),
        (_("Camera and computer"), _computer()),
        (_("Program"), _program(has_tray=has_tray)),
    ]


def _appearance() -> list[Setting]:
    system = _("As this computer is set")
    spoken = [(it, _ENDONYMS.get(it, system)) for it in choices.LANGUAGES]
    themes = [("system", system), ("light", _("Light")), ("dark", _("Dark"))]
    motions = [("system", system), ("always", _("Always"))]
    return [
        Setting(
            ("language",),
            _("Language"),
            _("Pages that are open already speak it from the next start."),
            controls.Choice(spoken),
        ),
        Setting(
            ("theme",), _("Light or dark"), _("Greys in either case."), controls.Choice(themes)
        ),
        Setting(
            ("reduced_motion",),
            _("Less motion"),
            _("Reminders appear and go without fading."),
            controls.Choice(motions),
        ),
    ]


def _reminders() -> list[Setting]:
    minutes = _(" min")
    return [
        _flag(
            "reminders_on",
            _("Remind me to blink"),
            _(
                "When you have blinked less than is usual for you for a while. People who were"
                " prompted blinked 6.8 times a minute more often (Nosch and others, 2015)."
            ),
        ),
        Setting(
            ("reminder_after_min",),
            _("After"),
            _(
                "So many minutes of looking at the screen with few blinks. Three, because the rate"
                " of a shorter time varies too much in one person (IOVS 2011, 52:3419)."
            ),
            controls.Number(choices.REMINDER_AFTER_MIN, minutes),
        ),
        Setting(
            ("cool_down_min",),
            _("At least apart"),
            _("From one reminder to the next. Five is a matter of manners, from no study."),
            controls.Number(choices.COOL_DOWN_MIN, minutes),
        ),
        Setting(
            ("reminders_a_day",),
            _("At most a day"),
            _("After so many there is none until midnight. This too is from no study."),
            controls.Number(choices.REMINDERS_A_DAY, ""),
        ),
        Setting(
            ("quiet_from", "quiet_to"),
            _("Quiet hours"),
            _("No reminders and no breaks are suggested; blinks are counted all the same."),
            controls.Hours(),
        ),
        _flag(
            "holdout",
            _("Leave out one reminder in five"),
            _("By chance, so that you can see what reminders change for you."),
        ),
    ]


def _breaks() -> list[Setting]:
    habits = [
        ("off", _("None")),
        ("50/5", _("5 minutes after 50")),
        ("20-20-20", _("20 seconds after 20 minutes")),
    ]
    return [
        Setting(
            ("breaks",),
            _("Suggest breaks"),
            _(
                "Short and often is better than long and rare: 5 to 10 minutes after 50 to 60 (HSE"
                " guidance L26). To look 20 feet (6 metres) away for 20 seconds after 20 minutes is"
                " popular; the evidence for it is mixed (Johnson and Rosenfield, 2023). None unless"
                " you ask for it: nobody likes a program that insists."
            ),
            controls.Choice(habits),
        )
    ]


def _computer() -> list[Setting]:
    cycles = [(it, controls.in_words(it)) for it in ((60, 60), (300, 600), (180, 900), (60, 600))]
    limits = [
        (None, _("No limit")),
        *((it, controls.in_words(it)) for it in (0.75, 0.5, 0.25, 0.1)),
    ]
    return [
        Setting(
            ("duty_cycle_s",),
            _("Watch"),
            _("The camera is off for the rest; what is not watched is left out of every rate."),
            controls.Choice(cycles),
        ),
        Setting(
            ("duty_cycle_on_battery_s",),
            _("Watch on battery"),
            _("Less often spares the battery."),
            controls.Choice([(None, _("As on mains power")), *cycles]),
        ),
        Setting(
            ("cpu_limit",),
            _("Processor"),
            _(
                "Share of one core that counting may take. Below what it needs, the camera is off"
                " for a part of the time."
            ),
            controls.Choice(limits),
        ),
    ]


def _program(*, has_tray: bool) -> list[Setting]:
    tray = _("Closing the window leaves the icon in the tray, and counting goes on.")
    return [
        _flag(
            "start_at_login",
            _("Start when I log in"),
            _("Without a window, only with the icon in the tray."),
        ),
        replace(
            _flag(
                "closes_to_tray",
                _("Go on when the window is closed"),
                tray
                if has_tray
                else _("This desktop shows no tray, so closing the window ends the program."),
            ),
            is_possible=has_tray,
        ),
        Setting(
            ("server_url",),
            _("Server"),
            _(
                "Where your account is. Each server has its own list here of what waits to be sent;"
                " nothing moves from one to the other."
            ),
            controls.Address(),
        ),
    ]


def _flag(name: str, title: str, explanation: str) -> Setting:
    return Setting((name,), title, explanation, controls.Flag(title))
