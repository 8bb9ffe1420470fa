"""The page of settings: what is shown, what a change does, and the way back."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QWheelEvent
from PyQt6.QtWidgets import QApplication, QComboBox, QLabel, QPushButton, QSpinBox, QWidget

from waw_desktop.core.preferences import DEFAULTS, Preferences
from waw_desktop.host.preferences import Loaded
from waw_desktop.ui.controls import Address, Choice, Flag, Hours, Number, in_words
from waw_desktop.ui.settings import SHOWN_ELSEWHERE, SettingsPage


class Page(SettingsPage):
    """A page that remembers what it told of."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.heard: list[Preferences] = []
        self.changed.connect(self.heard.append)


@pytest.fixture
def page(qtbot):
    """Make a page of settings, shown."""

    def make(preferences=None, managed=(), *, has_tray=True):
        it = Page(preferences or Preferences(), frozenset(managed), has_tray=has_tray)
        qtbot.addWidget(it)
        with qtbot.waitActive(it):
            it.show()
            it.activateWindow()
        return it

    return make


def row(page, name):
    """Return the row of a setting."""
    (found,) = [it for it in page._rows if name in it.setting.names]
    return found


def texts(page):
    """Return what can be read."""
    return [it.text() for it in page.findChildren(QLabel) if it.isVisible()]


def press(qtbot, widget, key=Qt.Key.Key_Space):
    """Press a key on a widget."""
    qtbot.keyClick(widget, key)


@pytest.mark.parametrize(
    "loaded, notice",
    [
        (Loaded(Preferences()), None),
        (
            Loaded(Preferences(), set_aside=Path("/home/alice/preferences.damaged.json")),
            (
                "Your settings could not be read, so each has its default."
                " What was there is kept as preferences.damaged.json."
            ),
        ),
        (
            Loaded(Preferences(), ("source", "quiet_to", "camera_name", "theme", "quiet_from")),
            (
                "These settings could not be used and have their defaults:"
                " Light or dark, Quiet hours, Camera."
            ),
        ),
    ],
)
def test_what_of_the_file_could_not_be_used(page, loaded, notice):
    it = page()
    before = texts(it)

    it.show_loaded(loaded)
    assert [text for text in texts(it) if text not in before] == ([notice] if notice else [])

    it.show_loaded(Loaded(Preferences()))
    assert texts(it) == before


def test_every_choice_is_here_or_on_a_page_of_its_own(page):
    shown = [name for it in page()._rows for name in it.setting.names]

    assert len(shown) == len(set(shown))
    assert set(shown) | SHOWN_ELSEWHERE == set(DEFAULTS)


def test_each_setting_is_explained_and_has_a_name(page):
    for it in page()._rows:
        assert it.setting.explanation.endswith(".")
        assert it.control.accessibleName() or it.setting.title == getattr(it.control, "text", str)()
        assert it.control.accessibleDescription() == it.setting.explanation


def test_each_label_has_a_buddy(page):
    it = page()
    buddies = {label.buddy() for label in it.findChildren(QLabel) if label.buddy()}

    assert {row.control for row in it._rows if not isinstance(row.control, Flag)} <= buddies


def test_every_control_is_reached_by_the_keyboard(page, qtbot):
    it = page(Preferences(theme="dark", quiet_from=time(22), quiet_to=time(7)))
    row(it, "language").control.setFocus()
    met: dict[QWidget | None, None] = {}  # a set in order; hours and minutes are two stops in one
    for _stop in range(40):
        met[QApplication.focusWidget()] = None
        press(qtbot, QApplication.focusWidget(), Qt.Key.Key_Tab)

    wanted = [row.control.focusProxy() or row.control for row in it._rows]
    assert [widget for widget in met if widget in wanted] == wanted
    assert row(it, "theme").default in met


@pytest.mark.parametrize(
    "name, act, value",
    [
        ("theme", lambda qtbot, it: press(qtbot, it, Qt.Key.Key_Down), "light"),
        ("language", lambda qtbot, it: press(qtbot, it, Qt.Key.Key_End), "de"),
        ("breaks", lambda qtbot, it: press(qtbot, it, Qt.Key.Key_Down), "50/5"),
        ("reminders_on", press, False),
        ("holdout", press, True),
        ("start_at_login", press, True),
        ("cool_down_min", lambda qtbot, it: press(qtbot, it, Qt.Key.Key_Up), 6),
        ("reminders_a_day", lambda qtbot, it: press(qtbot, it, Qt.Key.Key_Down), 11),
        ("duty_cycle_s", lambda qtbot, it: press(qtbot, it, Qt.Key.Key_Down), (300, 600)),
        ("duty_cycle_on_battery_s", lambda qtbot, it: press(qtbot, it, Qt.Key.Key_End), (60, 600)),
        ("cpu_limit", lambda qtbot, it: press(qtbot, it, Qt.Key.Key_End), 0.1),
        ("reduced_motion", lambda qtbot, it: press(qtbot, it, Qt.Key.Key_Down), "always"),
    ],
)
def test_a_change_is_told_at_once(page, qtbot, name, act, value):
    it = page()

    act(qtbot, row(it, name).control)

    assert it.heard == [Preferences(**{name: value})]


def test_a_number_that_is_typed_is_told_when_it_is_complete(page, qtbot):
    it = page()
    number = row(it, "cool_down_min").control
    number.selectAll()

    qtbot.keyClicks(number, "45")
    assert it.heard == []
    press(qtbot, number, Qt.Key.Key_Return)

    assert it.heard == [Preferences(cool_down_min=45)]


def test_one_step_back_to_the_default(page, qtbot):
    it = page(Preferences(theme="dark"))
    theme = row(it, "theme")
    assert theme.default.isVisible()

    press(qtbot, theme.default)

    assert it.heard == [Preferences()]
    assert not theme.default.isVisible()
    assert theme.control.hasFocus()


def test_what_an_administrator_has_set_cannot_be_chosen(page):
    it = page(Preferences(server_url="https://waw.example.org"), managed=["server_url"])

    server = row(it, "server_url")
    assert not server.control.isEnabled()
    assert not server.default.isVisible()
    assert texts(it).count("Set by your administrator.") == 1

    it.show_preferences(Preferences(), frozenset())
    assert server.control.isEnabled()
    assert "Set by your administrator." not in texts(it)


def test_without_a_tray_nothing_is_offered_that_needs_one(page):
    it = page(has_tray=False)

    assert not row(it, "closes_to_tray").control.isEnabled()
    assert "This desktop shows no tray, so closing the window ends the program." in texts(it)


def test_a_setting_says_why_it_could_not_be_applied(page, qtbot):
    it = page()

    it.show_problem("start_at_login", "The disk is full.")
    assert "The disk is full." in texts(it)

    press(qtbot, row(it, "start_at_login").control)
    assert "The disk is full." not in texts(it)


def test_quiet_hours(page, qtbot):
    it = page()
    hours = row(it, "quiet_from").control

    press(qtbot, hours._is_on)
    assert it.heard[-1] == Preferences(quiet_from=time(22), quiet_to=time(7))

    hours._to.editingFinished.emit()  # as when the keyboard goes on to the next control
    assert len(it.heard) == 1

    hours._to.setTime(hours._from.time())
    hours._to.editingFinished.emit()
    assert len(it.heard) == 1
    assert hours._to.time().toPyTime() == time(7)

    press(qtbot, row(it, "quiet_from").default)
    assert it.heard[-1] == Preferences()
    assert not hours._from.isEnabled()


@pytest.mark.parametrize(
    "typed, taken",
    [
        ("https://waw.example.org/", "https://waw.example.org"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://waw.example.org", None),
        ("waw", None),
        ("  ", None),
    ],
)
def test_only_an_address_of_a_server_is_taken(page, qtbot, typed, taken):
    it = page()
    server = row(it, "server_url").control

    qtbot.keyClicks(server._edit, typed)
    press(qtbot, server._edit, Qt.Key.Key_Return)

    assert [heard.server_url for heard in it.heard] == ([taken] if taken else [])
    assert server._problem.isVisible() == (taken is None and bool(typed.strip()))


def test_an_address_can_be_taken_back(page, qtbot):
    it = page(Preferences(server_url="https://waw.example.org"))
    server = row(it, "server_url").control

    server._edit.clear()
    press(qtbot, server._edit, Qt.Key.Key_Return)

    assert it.heard == [Preferences()]


@pytest.mark.parametrize("kind", [QComboBox, QSpinBox])
def test_scrolling_changes_nothing(page, kind):
    it = page(Preferences(theme="light"))
    widget = it.findChildren(kind)[0]
    turn = QWheelEvent(
        QPointF(1, 1),
        QPointF(1, 1),
        QPoint(),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )

    QApplication.sendEvent(widget, turn)

    assert it.heard == []
    assert not turn.isAccepted()


def test_a_long_text_is_cut_short_in_its_box_and_whole_in_the_list(qtbot):
    text = "a text that is far longer than there is room for " * 2
    choice = Choice([("a", text)])
    qtbot.addWidget(choice)
    assert choice.minimumSizeHint().width() < choice.sizeHint().width() / 4

    choice.resize(choice.minimumSizeHint())
    choice.show()
    choice.showPopup()

    texts = choice.view()
    assert texts is not None
    assert texts.width() >= choice.fontMetrics().horizontalAdvance(text)
    choice.hidePopup()


@pytest.mark.parametrize(
    "value, words",
    [
        ((60, 60), "All the time"),
        ((180, 900), "3 of every 15 minutes"),
        (0.37, "37 % of one core"),
        ("tlh", "tlh"),
    ],
)
def test_a_value_of_somebody_elses_choice_is_shown(qtbot, value, words):
    choice = Choice([("a", "A")])
    qtbot.addWidget(choice)

    choice.show_value(value)

    assert in_words(value) == choice.currentText() == words
    assert choice.value() == value


def test_showing_a_value_tells_nobody(qtbot):
    heard: list[object] = []
    controls = (
        (Choice([(1, "one"), (2, "two")]), 2),
        (Number((1, 9), ""), 5),
        (Flag("x"), True),
        (Hours(), (time(1), time(2))),
        (Address(), "https://waw.example.org"),
    )
    for control, value in controls:
        qtbot.addWidget(control)
        control.picked.connect(lambda: heard.append("picked"))
        control.show_value(value)
        assert control.value() == value

    assert heard == []


def test_the_way_back_says_from_what(page):
    names = [it.accessibleName() for it in page().findChildren(QPushButton)]

    assert "Back to default: Language" in names
    assert len(set(names)) == len(names)
