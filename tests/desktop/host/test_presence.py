"""Other holders of a camera, full screens and what keeps the machine awake: the real things."""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager, nullcontext

import pytest

from waw_desktop.core.presence import Presence
from waw_desktop.host import presence
from waw_desktop.host.presence import (
    LinuxLook,
    PresenceWatch,
    X11Screen,
    camera_holders,
    is_kept_awake,
    system_look,
    windows_presence,
)

WITHIN_S = 10
HOLD = """
import sys, time
file = open(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells it in this way")


@pytest.fixture
def look():
    with closing(LinuxLook()) as look:
        yield look


def becomes_true(condition):
    until_s = time.monotonic() + WITHIN_S
    while not condition():
        if time.monotonic() > until_s:
            return False
        time.sleep(0.02)
    return True


# --- Cameras ---


@pytest.fixture
def camera(tmp_path):
    (tmp_path / "video0").touch()
    return tmp_path / "video0"


@contextmanager
def holder(path, program=sys.executable):
    """Run a process that holds a file open."""
    argv = [program, "-c", HOLD, str(path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, stdin=pipe, stdout=pipe) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == b"held\n"
            yield process.pid
        finally:
            process.kill()


def holders(camera, own_pid=1_000_000_000):
    """Return who holds a camera, seen by a process that started none of them."""
    return list(camera_holders(f"{camera.parent}/video*", own_pid))


@linux
def test_another_program_holds_the_camera(camera):
    """As long as it does."""
    assert holders(camera) == []

    with holder(camera) as pid:
        assert holders(camera) == [pid]

    assert holders(camera) == []


@linux
def test_a_link_to_a_camera_is_one(camera):
    (camera.parent / "real").touch()
    camera.unlink()
    camera.symlink_to(camera.parent / "real")

    with holder(camera) as pid:
        assert holders(camera) == [pid]


@linux
def test_other_files_are_none(camera, tmp_path):
    (tmp_path / "letter").touch()

    with holder(tmp_path / "letter"):
        assert holders(camera) == []


@linux
def test_our_own_processes_do_not_count(camera):
    """Neither this one nor what it started."""
    with camera.open(), holder(camera):
        assert holders(camera, os.getpid()) == []
        assert list(camera_holders(f"{camera.parent}/video*")) == []


@linux
def test_brokers_do_not_count(camera, tmp_path):
    """They hold cameras that nobody uses."""
    shutil.copy(os.path.realpath(sys.executable), tmp_path / "pipewire")

    with holder(camera, str(tmp_path / "pipewire")):
        assert holders(camera) == []


@linux
def test_no_camera_is_held_by_nobody(tmp_path):
    assert list(camera_holders(f"{tmp_path}/video*")) == []


@linux
def test_who_ends_meanwhile_holds_nothing(camera):
    """Processes come and go while one looks."""
    gone = 2**22 - 7
    assert not presence._holds(gone, {str(camera)})
    assert presence._is_family(gone, os.getpid())
    assert presence._name(gone) == ""


# --- Full screens ---


@pytest.mark.screen
def test_a_full_screen_is_seen(screen, window):
    """While it is there, and only one that fills the screen."""
    with closing(X11Screen()) as x11:
        assert not x11.is_full_screen()

        with window("small"):
            assert becomes_true(lambda: x11._numbers(x11._root, x11._active)[:1] not in ([], [0]))
            assert not x11.is_full_screen()

        with window("full"):
            assert becomes_true(x11.is_full_screen)

        assert becomes_true(lambda: not x11.is_full_screen())


@pytest.mark.screen
def test_our_own_full_screen_is_none(screen, window, monkeypatch):
    with closing(X11Screen()) as x11, window("full") as other:
        assert becomes_true(x11.is_full_screen)

        monkeypatch.setattr(os, "getpid", lambda: other.pid)
        assert not x11.is_full_screen()


@pytest.mark.screen
def test_a_window_that_closes_meanwhile_is_none(screen):
    """It is named as the active one still."""
    with closing(X11Screen()) as x11:
        gone = x11._display.create_resource_object("window", 0x7FFFFF)

        assert x11._numbers(gone, x11._state) == []


@pytest.mark.screen
def test_a_screen_that_ends_is_free_and_looked_for_again(screen, window, look):
    """As when somebody signs out and in again."""
    with window("full"):
        assert becomes_true(look._is_full_screen)
        look._screen._display.display.socket.shutdown(socket.SHUT_RDWR)

        assert not look._is_full_screen()
        assert becomes_true(look._is_full_screen)


@linux
def test_no_screen_is_free(monkeypatch, look):
    monkeypatch.delenv("DISPLAY", raising=False)

    assert not look._is_full_screen()


# --- Programs that keep the machine awake ---


@pytest.fixture
def bus_address(tmp_path, monkeypatch):
    """Run a session bus of the test's own."""
    argv = ["dbus-daemon", "--session", "--nofork", "--print-address"]
    argv.append(f"--address=unix:path={tmp_path / 'bus'}")
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as daemon:
        assert daemon.stdout is not None
        try:
            address = daemon.stdout.readline().strip()
            monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
            yield address
        finally:
            daemon.kill()


@contextmanager
def desktop(address, name, answer):
    """Be the part of a desktop that is asked; remember the questions."""
    from jeepney import HeaderFields, MessageType, new_method_return
    from jeepney.bus_messages import message_bus
    from jeepney.io.blocking import open_dbus_connection

    asked = []
    with open_dbus_connection(address) as bus:
        bus.send_and_get_reply(message_bus.RequestName(name))

        def run():
            while True:
                message = bus.receive()
                if message.header.message_type is MessageType.method_call:
                    asked.append((message.header.fields[HeaderFields.member], message.body))
                    bus.send(new_method_return(message, "b", (answer,)))

        thread = threading.Thread(target=quietly(run), daemon=True)
        thread.start()
        yield asked
        bus.sock.shutdown(2)
        thread.join(WITHIN_S)


def quietly(function):
    """Return the function less the end of its connection."""

    def run():
        with pytest.raises((OSError, EOFError)):
            function()

    return run


needs_bus = pytest.mark.skipif(
    shutil.which("dbus-daemon") is None, reason="dbus-daemon is not installed: no bus to ask on"
)
GNOME = ("org.gnome.SessionManager", ("IsInhibited", (8,)))
OTHERS = ("org.freedesktop.PowerManagement", ("HasInhibit", ()))


@needs_bus
@pytest.mark.parametrize("name, question", [GNOME, OTHERS])
@pytest.mark.parametrize("answer", [True, False])
def test_the_desktop_is_asked(bus_address, look, name, question, answer):
    with desktop(bus_address, name, answer) as asked:
        assert look._is_kept_awake() is answer
        assert question in asked


@needs_bus
def test_a_desktop_that_says_nothing_is_free(bus_address, look):
    """As one that is neither of the two."""
    assert not look._is_kept_awake()


@needs_bus
def test_a_desktop_that_does_not_answer_is_free(bus_address, monkeypatch):
    from jeepney.bus_messages import message_bus
    from jeepney.io.blocking import open_dbus_connection

    monkeypatch.setattr(presence, "_ANSWER_WITHIN_S", 0.05)
    with open_dbus_connection(bus_address) as mute, open_dbus_connection(bus_address) as bus:
        mute.send_and_get_reply(message_bus.RequestName(GNOME[0]))
        assert not is_kept_awake(bus)


@needs_bus
def test_a_bus_that_ends_is_free_and_looked_for_again(bus_address, look):
    with desktop(bus_address, GNOME[0], answer=True):
        assert look._is_kept_awake()
        look._bus.sock.shutdown(socket.SHUT_RDWR)

        assert not look._is_kept_awake()
        assert look._is_kept_awake()


@linux
def test_no_bus_is_free(monkeypatch, look):
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")

    assert not look._is_kept_awake()


@linux
def test_one_look_is_all_three(monkeypatch):
    monkeypatch.setattr(presence, "camera_holders", lambda: iter([1]))
    monkeypatch.setattr(LinuxLook, "_is_kept_awake", lambda _self: True)
    monkeypatch.setattr(LinuxLook, "_is_full_screen", lambda _self: True)

    assert LinuxLook()() == Presence(is_camera_shared=True, is_presenting=True, is_full_screen=True)


# --- Other systems ---


@pytest.mark.parametrize(
    "answer, expected",
    [
        (0, Presence()),
        (1, Presence(is_locked=True)),
        (2, Presence(is_full_screen=True)),
        (3, Presence(is_full_screen=True)),
        (4, Presence(is_presenting=True)),
        (5, Presence()),
        (6, Presence()),
        (7, Presence()),
    ],
)
def test_what_windows_says(answer, expected):
    """SHQueryUserNotificationState, from QUNS_NOT_PRESENT to QUNS_APP."""
    assert windows_presence(answer) == expected


@pytest.mark.parametrize(
    "platform, kind",
    [("linux", LinuxLook), ("win32", type(presence.windows_look)), ("darwin", type)],
)
def test_each_system_has_its_look(monkeypatch, platform, kind):
    monkeypatch.setattr(sys, "platform", platform)

    with system_look() as look:
        assert isinstance(look, kind)


# --- The watch ---


def always(look):
    """Return what opens the same look each time."""
    return lambda: nullcontext(look)


def test_the_watch_looks_again_and_again():
    seen = iter([Presence(is_full_screen=True), Presence(is_presenting=True)])

    with PresenceWatch(always(lambda: next(seen, Presence())), every_s=0.05) as watch:
        assert becomes_true(lambda: watch.latest().is_full_screen)
        assert becomes_true(lambda: watch.latest().is_presenting)
        assert becomes_true(lambda: watch.latest() == Presence())


def test_a_look_that_fails_says_nothing():
    """And the next one is taken all the same."""
    looks = []

    def look():
        looks.append(1)
        if len(looks) < 3:
            raise RuntimeError("no desktop")
        return Presence(is_full_screen=True)

    with PresenceWatch(always(look), every_s=0.01) as watch:
        assert becomes_true(lambda: watch.latest().is_full_screen)


def test_a_look_that_hangs_makes_nobody_wait():
    """What was known before is forgotten after a minute."""
    may_end = threading.Event()
    clock = [0.0]
    looks = []

    def look():
        looks.append(1)
        if len(looks) > 1:
            may_end.wait()
        return Presence(is_full_screen=True)

    with PresenceWatch(always(look), every_s=0, clock=lambda: clock[0]) as watch:
        assert becomes_true(lambda: watch.latest().is_full_screen)
        clock[0] = 59.0
        assert watch.latest().is_full_screen
        clock[0] = 60.0
        assert watch.latest() == Presence()
        may_end.set()


def test_nobody_has_looked_yet():
    assert PresenceWatch(always(Presence)).latest() == Presence()


def test_it_ends_at_once():
    """It does not wait for the next look."""
    begin_s = time.monotonic()
    with PresenceWatch(every_s=60):
        pass

    assert time.monotonic() - begin_s < WITHIN_S
