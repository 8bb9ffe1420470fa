"""The icon in the tray: shapes, words, menu; and for real, in a tray on a screen of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import Any

import pytest
from PyQt6.QtWidgets import QSystemTrayIcon

from waw_desktop.core.readings import State
from waw_desktop.ui.tray import SIZES_PX, Look, Tray, drawn, icon, look, tooltip

PROGRAM = """
import json, sys
from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication
from waw_desktop.core.readings import State
from waw_desktop.ui import application
from waw_desktop.ui.style import Theme
from waw_desktop.ui.tray import Tray

app = application.make(sys.argv[:1], wanted="en", theme=Theme.LIGHT)
tray = Tray()
tray.show_wanted.connect(lambda: say("show"))
tray.quit_wanted.connect(lambda: say("quit"))

def say(*words):
    print(json.dumps(words), flush=True)

def pixels():
    place = tray._icon.geometry()
    shot = app.primaryScreen().grabWindow(0, place.x(), place.y(), place.width(), place.height())
    image = shot.toImage()
    places = [(x, y) for x in range(image.width()) for y in range(image.height())]
    ink = sum(image.pixelColor(x, y).lightness() < 60 for x, y in places)
    return ink, [image.pixelColor(x, y).rgb() for x, y in places]

seen, tries, states = [], 0, [State.TRACKING, State.PAUSED, State.NO_CAMERA, State.STARTING]

def look():
    global tries
    tries += 1
    place = tray._icon.geometry()
    ink, now = pixels() if place.width() > 1 else (0, [])
    if not ink or now in seen:
        if tries > 200:
            say("nothing new", place.getRect(), ink)
            app.quit()
        return
    seen.append(now)
    say("seen", place.getRect(), ink, tray.is_there())
    tries = 0
    if len(seen) == len(states):
        timer.stop()
        app.primaryScreen().grabWindow(0).save(sys.argv[1])
        say("all")
        return
    tray.show_state(states[len(seen)], detected=3, pending=0)

tray.show_state(states[0], detected=3, pending=0)
timer = QTimer()
timer.timeout.connect(look)
timer.start(50)
app.exec()
"""


@pytest.fixture
def tray(qtbot):
    """An icon, hidden again at the end."""
    it = Tray()
    yield it
    it.hide()


def actions(tray):
    """Return what the menu offers, by its text."""
    return {it.text(): it for it in tray._menu.actions() if it.isVisible() and it.text()}


@pytest.mark.parametrize("state", list(State))
def test_every_state_has_a_look(state):
    assert look(state, is_trouble=False) in Look
    rests = look(state, is_trouble=False) is Look.PAUSED
    assert look(state, is_trouble=True) is (Look.PAUSED if rests else Look.TROUBLE)


@pytest.mark.parametrize(
    "state, shown",
    [
        (State.TRACKING, Look.TRACKING),
        (State.PAUSED, Look.PAUSED),
        (State.LOCKED, Look.PAUSED),
        (State.NO_CAMERA, Look.NO_CAMERA),
        (State.BUSY, Look.NO_CAMERA),
        (State.NO_FACE, Look.WAITING),
    ],
)
def test_looks(state, shown):
    assert look(state, is_trouble=False) is shown


def shape(pixmap):
    """Return which pixels are covered, whatever their shade."""
    image = pixmap.toImage()
    size = image.width()
    return tuple(image.pixelColor(x, y).alpha() > 127 for x in range(size) for y in range(size))


@pytest.mark.parametrize("size_px", SIZES_PX)
def test_looks_differ_by_shape_and_not_by_shade_alone(qapp, size_px):
    shapes = {shape(drawn(it, size_px, is_dark=False)) for it in Look}

    assert len(shapes) == len(Look)


@pytest.mark.parametrize("is_dark", [False, True])
@pytest.mark.parametrize("shown", list(Look))
def test_each_can_be_seen_on_a_light_tray_and_on_a_dark_one(qapp, shown, is_dark):
    image = drawn(shown, 24, is_dark=is_dark).toImage()
    shades = [
        image.pixelColor(x, y).lightness()
        for x in range(24)
        for y in range(24)
        if image.pixelColor(x, y).alpha() > 200
    ]

    assert min(shades) < 60
    assert max(shades) > 195


def test_an_icon_has_every_size(qapp):
    sizes = icon(Look.TRACKING, is_dark=False).availableSizes()

    assert {size.width() for size in sizes} == set(SIZES_PX)


@pytest.mark.parametrize(
    "state, detected, pending, expected",
    [
        (State.TRACKING, 1, 0, "Your blinks are counted.\n1 blink"),
        (State.PAUSED, 0, 1, "Paused. The camera is off.\n0 blinks\n1 minute waits to be sent."),
        (
            State.BUSY,
            12,
            40,
            tooltip(State.BUSY, 12, 0) + "\n40 minutes wait to be sent.",
        ),
    ],
)
def test_state_and_counts_are_in_words(tray, state, detected, pending, expected):
    tray.show_state(state, detected=detected, pending=pending)

    assert tray._icon.toolTip() == tooltip(state, detected, pending) == expected


def test_the_menu_offers_a_pause_or_its_end(tray):
    tray.show_state(State.TRACKING, detected=0, pending=0)
    pauses = ["Pause 15 min", "Pause 60 min", "Pause until tomorrow"]
    assert list(actions(tray)) == ["Show window", *pauses, "Quit"]

    tray.show_state(State.PAUSED, detected=0, pending=0)
    assert list(actions(tray)) == ["Show window", "Resume", "Quit"]


@pytest.mark.parametrize(
    "state, text, signal, told",
    [
        (State.TRACKING, "Show window", "show_wanted", []),
        (State.TRACKING, "Pause 15 min", "pause_wanted", [15]),
        (State.TRACKING, "Pause 60 min", "pause_wanted", [60]),
        (State.TRACKING, "Pause until tomorrow", "pause_wanted", [0]),
        (State.PAUSED, "Resume", "resume_wanted", []),
        (State.TRACKING, "Quit", "quit_wanted", []),
    ],
)
def test_what_is_chosen_is_told(tray, qtbot, state, text, signal, told):
    tray.show_state(state, detected=0, pending=0)

    with qtbot.waitSignal(getattr(tray, signal)) as heard:
        actions(tray)[text].trigger()

    assert heard.args == told


@pytest.mark.parametrize(
    "reason, shows",
    [
        (QSystemTrayIcon.ActivationReason.Trigger, True),
        (QSystemTrayIcon.ActivationReason.DoubleClick, True),
        (QSystemTrayIcon.ActivationReason.Context, False),
    ],
)
def test_a_click_shows_the_window(tray, reason, shows):
    heard: list[str] = []
    tray.show_wanted.connect(lambda: heard.append("show"))

    tray._icon.activated.emit(reason)

    assert heard == (["show"] if shows else [])


def test_light_and_dark_are_drawn_once_each(tray, monkeypatch):
    for is_dark in (True, False, True, False):
        monkeypatch.setattr("waw_desktop.ui.tray._is_tray_dark", lambda is_dark=is_dark: is_dark)
        tray._draw()

    assert set(tray._icons) == {(Look.WAITING, True), (Look.WAITING, False)}
    assert tray._icon.icon().cacheKey() == tray._icons[Look.WAITING, False].cacheKey()


@pytest.mark.tray
def test_it_is_in_a_real_tray_and_takes_each_shape_there(tray_screen, tmp_path):
    shot = tmp_path / "screen.png"
    command = [sys.executable, "-c", PROGRAM, str(shot)]
    with subprocess.Popen(command, env=tray_screen, stdout=subprocess.PIPE, text=True) as program:
        told: list[list[Any]] = []
        assert program.stdout
        while not told or told[-1][0] == "seen":
            told.append(json.loads(program.stdout.readline()))
        assert [words[0] for words in told] == ["seen"] * 4 + ["all"]
        _seen, (left, top, width, height), ink, is_there = told[0]
        assert is_there
        assert ink > 10
        assert (left >= 0, top >= 500) == (True, True)  # the tray is at the lower edge

        middle = [str(left + width // 2), str(top + height // 2)]
        subprocess.run(["xdotool", "mousemove", *middle, "click", "1"], env=tray_screen, check=True)
        assert json.loads(program.stdout.readline()) == ["show"]
        program.terminate()
    assert shot.stat().st_size > 0


@pytest.mark.screen
def test_where_there_is_no_tray_it_says_so(bare_screen):
    asks = (
        "from PyQt6.QtWidgets import QApplication; from waw_desktop.ui.tray import Tray;"
        " app = QApplication([]); tray = Tray(); print(tray.is_there())"
    )

    done = subprocess.run(
        [sys.executable, "-c", asks], env=bare_screen, capture_output=True, text=True, check=True
    )

    assert done.stdout == "False\n"


WAITING = """
from PyQt6.QtWidgets import QApplication
from waw_desktop.ui import tray as module

app = QApplication([])
module.FOLLOW_EVERY_MS = 100
tray = module.Tray()
print(tray.is_there(), flush=True)
tray.changed.connect(lambda is_there: print(is_there, flush=True))
app.exec()
"""

# Takes every icon that is offered, as a desktop's panel does over D-Bus.
PANEL = """
from jeepney import HeaderFields, MessageType, new_method_return
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection

bus = open_dbus_connection("SESSION")
bus.send_and_get_reply(message_bus.RequestName("org.kde.StatusNotifierWatcher"))
while True:
    message = bus.receive()
    member = message.header.fields.get(HeaderFields.member)
    if message.header.message_type is not MessageType.method_call:
        continue
    if member == "Get":
        bus.send(new_method_return(message, "v", (("b", True),)))
    else:
        bus.send(new_method_return(message))
    if member == "RegisterStatusNotifierItem":
        print(member, flush=True)
"""


def begin(argv, environment):
    return subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, text=True)


def line(program):
    return program.stdout.readline().strip()


def end(program):
    program.terminate()
    program.communicate(timeout=60)


@pytest.fixture
def bus():
    """The environment of a session with a message bus."""
    argv = ["dbus-daemon", "--session", "--nofork", "--print-address"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as daemon:
        assert daemon.stdout is not None
        yield {"DBUS_SESSION_BUS_ADDRESS": daemon.stdout.readline().strip()}
        daemon.terminate()


@pytest.mark.screen
def test_a_tray_over_x11_may_come_later_and_go(bare_screen):
    program = begin([sys.executable, "-c", WAITING], bare_screen)
    said = [line(program)]
    panel = begin(["trayer"], bare_screen)
    said.append(line(program))
    end(panel)
    said.append(line(program))
    end(program)

    assert said == ["False", "True", "False"]


@pytest.mark.screen
@pytest.mark.skipif(
    shutil.which("dbus-daemon") is None,
    reason="dbus-daemon is not installed: a tray over D-Bus was not tried",
)
def test_a_tray_over_d_bus_may_come_later_and_go(bare_screen, bus):
    """As KDE has it, and GNOME by an extension, also under Wayland."""
    program = begin([sys.executable, "-c", WAITING], bare_screen | bus)
    said = [line(program)]
    panel = begin([sys.executable, "-c", PANEL], bare_screen | bus)
    said.append(line(program))
    offered = line(panel)
    end(panel)
    said.append(line(program))
    end(program)

    assert said == ["False", "True", "False"]
    assert offered == "RegisterStatusNotifierItem"


def test_what_was_shown_meanwhile_is_there_when_a_tray_comes(tray, monkeypatch, qtbot):
    monkeypatch.setattr(Tray, "is_there", staticmethod(lambda: True))
    tray.show_state(State.PAUSED, detected=3, pending=0)
    before = tray._icon

    with qtbot.waitSignal(tray.changed) as changed:
        tray._follow()

    assert changed.args == [True]
    assert tray._icon is not before
    assert tray._icon.toolTip() == tooltip(State.PAUSED, 3, 0)
    assert tray._icon.isVisible()
    assert not tray._icon.icon().isNull()
