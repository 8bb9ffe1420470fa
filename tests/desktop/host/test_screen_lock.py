"""Locking and sleep, as a real D-Bus daemon of the test's own tells them."""

import os
import shutil
import subprocess
import time
from threading import Thread

import pytest

if shutil.which("dbus-daemon") is None:
    pytest.skip("dbus-daemon is not installed: no bus to lock on", allow_module_level=True)

from jeepney import DBusAddress, HeaderFields, MessageType, new_method_return, new_signal
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection

from waw_desktop.host.screen_lock import ScreenLock

CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path={path}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/><allow receive_sender="*"/><allow own="*"/>
  </policy>
</busconfig>
"""
LOGIN = "org.freedesktop.login1"
OURS = f"/{LOGIN.replace('.', '/')}/session/_31"
THEIRS = f"/{LOGIN.replace('.', '/')}/session/_32"
WITHIN_S = 5


@pytest.fixture
def bus_address(tmp_path, monkeypatch):
    """Run a bus that is both the system's and the session's."""
    config, path = tmp_path / "bus.conf", tmp_path / "bus"
    config.write_text(CONFIG.format(path=path))
    address = f"unix:path={path}"
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    argv = ["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as daemon:
        assert daemon.stdout is not None
        assert daemon.stdout.readline()
        yield address
        daemon.terminate()


@pytest.fixture
def desktop(bus_address):
    with open_dbus_connection(bus_address) as connection:
        yield connection


@pytest.fixture
def login(bus_address):
    """Be logind, as far as telling whose session it is."""
    with open_dbus_connection(bus_address) as connection:
        connection.send_and_get_reply(message_bus.RequestName(LOGIN))
        asked: list[tuple[int]] = []

        def answer():
            while not asked:
                message = connection.receive()
                if message.header.message_type is MessageType.method_call:
                    asked.append(message.body)
                    assert message.header.fields[HeaderFields.member] == "GetSessionByPID"
                    connection.send(new_method_return(message, "o", (OURS,)))

        thread = Thread(target=answer, daemon=True)
        thread.start()
        yield asked
        thread.join(WITHIN_S)


@pytest.fixture
def lock(bus_address):
    with ScreenLock() as lock:
        assert lock.is_listening.wait(WITHIN_S)
        yield lock


def tell(desktop, path, interface, member, signature=None, body=()):
    desktop.send(new_signal(DBusAddress(path, interface=interface), member, signature, body))


def becomes(lock, expected):
    until_s = time.monotonic() + WITHIN_S
    while lock.is_locked is not expected and time.monotonic() < until_s:
        time.sleep(0.01)
    return lock.is_locked is expected


def session_signal(name):
    return (OURS, f"{LOGIN}.Session", name)


def hint(locked):
    properties = "org.freedesktop.DBus.Properties"
    body: tuple[object, ...] = (f"{LOGIN}.Session", {"LockedHint": ("b", locked)}, [])
    return (OURS, properties, "PropertiesChanged", "sa{sv}as", body)


def sleep(begins):
    return ("/org/freedesktop/login1", f"{LOGIN}.Manager", "PrepareForSleep", "b", (begins,))


def saver(active, whose="freedesktop"):
    return ("/org/screensaver", f"org.{whose}.ScreenSaver", "ActiveChanged", "b", (active,))


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        (session_signal("Lock"), session_signal("Unlock")),
        (session_signal("Lock"), hint(locked=False)),
        (session_signal("Lock"), saver(active=False)),
        (hint(locked=True), hint(locked=False)),
        (sleep(begins=True), sleep(begins=False)),
        (saver(active=True), saver(active=False)),
        (saver(active=True, whose="gnome"), saver(active=False, whose="gnome")),
    ],
)
def test_hears_of_it(lock, desktop, begin, end):
    """Whichever part of the desktop tells it, and in whichever way it ends."""
    assert not lock.is_locked

    tell(desktop, *begin)
    assert becomes(lock, expected=True)

    tell(desktop, *end)
    assert becomes(lock, expected=False)


def test_waking_behind_a_lock_screen_is_still_locked(lock, desktop):
    """Sleep and lock are two things."""
    tell(desktop, *sleep(begins=True))
    tell(desktop, *session_signal("Lock"))
    tell(desktop, *sleep(begins=False))
    tell(desktop, "/x", "org.example.Other", "ActiveChanged", "b", (False,))
    assert becomes(lock, expected=True)
    time.sleep(0.1)

    assert lock.is_locked


def test_another_person_s_session_locks_theirs(login, desktop, request):
    """Where logind knows our session, only that one counts."""
    lock = request.getfixturevalue("lock")
    tell(desktop, THEIRS, f"{LOGIN}.Session", "Lock")
    tell(desktop, THEIRS, *hint(locked=True)[1:])
    time.sleep(0.1)
    assert not lock.is_locked

    tell(desktop, *session_signal("Lock"))

    assert becomes(lock, expected=True)
    assert login == [(os.getpid(),)]


def test_without_a_bus_nothing_is_locked(monkeypatch):
    """A computer without a desktop tracks on."""
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/bus")
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)

    with ScreenLock() as lock:
        assert lock.is_listening.wait(WITHIN_S)
        assert not lock.is_locked
