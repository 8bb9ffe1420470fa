"""Whether the screen is locked or the computer about to sleep, as the desktop tells it.

On Linux over D-Bus: logind's `Lock`, `Unlock`, `LockedHint` and `PrepareForSleep` on the system
bus, `ActiveChanged` of the desktop's screen saver on the session bus. Windows and macOS are asked
once a second (`lock_polls`). Where nobody tells, the screen counts as unlocked.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from waw_desktop.host import lock_polls

if TYPE_CHECKING:
    from jeepney.io.blocking import DBusConnection

_LOGIN = "org.freedesktop.login1"
_MANAGER_PATH = "/org/freedesktop/login1"
_END_WITHIN_S = 1.0
ASK_EVERY_S = 1.0


class ScreenLock:
    """Listens while it is entered.

    Attributes:
        is_locked: Whether nobody is to be watched now.
        is_listening: Set once every bus that answers is listened to.
    """

    def __init__(self) -> None:
        self._is_locked = False
        self._is_asleep = False
        self._buses: list[DBusConnection] = []
        self._threads: list[Thread] = []
        self._session_path: str | None = None
        self._has_ended = Event()
        self.is_listening = Event()

    @property
    def is_locked(self) -> bool:
        """Whether the screen is locked, or the computer goes to sleep or is asleep."""
        return self._is_locked or self._is_asleep

    def __enter__(self) -> Self:
        if sys.platform.startswith("linux"):
            self._begin(Thread(target=self._connect, name="waw-screen-lock", daemon=True))
        elif (ask := lock_polls.here()) is not None:
            self._begin(Thread(target=self._poll, args=(ask,), name="waw-screen-lock", daemon=True))
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._has_ended.set()
        for bus in self._buses:
            with suppress(OSError):
                bus.sock.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for it
        for thread in self._threads:
            thread.join(_END_WITHIN_S)

    def _begin(self, thread: Thread) -> None:
        self._threads.append(thread)
        thread.start()

    def _connect(self) -> None:
        """Listen to both buses; a computer without one of them has one reason less to rest."""
        for name, rules in (("SYSTEM", _login_rules()), ("SESSION", _saver_rules())):
            bus = _connected(name, rules)
            if bus is None:
                continue
            if name == "SYSTEM":
                self._session_path = _own_session(bus)
            self._buses.append(bus)
            self._begin(Thread(target=self._listen, args=(bus,), name="waw-bus", daemon=True))
        self.is_listening.set()

    def _poll(self, ask: Callable[[], bool]) -> None:
        """Ask until the end; a system that cannot be asked counts as unlocked."""
        while True:
            try:
                self._is_locked = ask()
            except (OSError, AttributeError):  # a library without that function
                return
            finally:
                self.is_listening.set()
            if self._has_ended.wait(ASK_EVERY_S):
                return

    def _listen(self, bus: DBusConnection) -> None:
        with bus, suppress(OSError, EOFError):  # the bus is gone, or we are
            while True:
                self._hear(bus.receive())

    def _hear(self, message: Any) -> None:  # noqa: ANN401 - jeepney's Message is loaded late
        fields, body = message.header.fields, message.body
        path, interface, member = fields.get(1), fields.get(2, ""), fields.get(3)
        match member, body:
            case "PrepareForSleep", (bool(begins),):
                self._is_asleep = begins
            case "ActiveChanged", (bool(active),) if interface.endswith(".ScreenSaver"):
                self._is_locked = active
            case (("Lock" | "Unlock"), ()) if self._is_own(path):
                self._is_locked = member == "Lock"
            case "PropertiesChanged", (_, {"LockedHint": (_, bool(locked))}, _):
                self._is_locked = locked if self._is_own(path) else self._is_locked
            case _:
                pass

    def _is_own(self, path: str) -> bool:
        """Whether it is told of our session; of any, where ours is not known."""
        return self._session_path in (None, path)


def _connected(name: str, rules: list[Any]) -> DBusConnection | None:
    from jeepney.bus_messages import message_bus  # noqa: PLC0415 - only Linux has it
    from jeepney.io.blocking import open_dbus_connection  # noqa: PLC0415 - the same

    with suppress(OSError, KeyError, ValueError, RuntimeError):  # no bus, or none for us
        bus = open_dbus_connection(name)
        for rule in rules:
            bus.send_and_get_reply(message_bus.AddMatch(rule), timeout=_END_WITHIN_S)
        return bus
    return None


def _own_session(bus: DBusConnection) -> str | None:
    from jeepney import DBusAddress, new_method_call  # noqa: PLC0415 - only Linux has it

    manager = DBusAddress(_MANAGER_PATH, _LOGIN, f"{_LOGIN}.Manager")
    question = new_method_call(manager, "GetSessionByPID", "u", (os.getpid(),))
    with suppress(OSError):
        reply = bus.send_and_get_reply(question, timeout=_END_WITHIN_S)
        path = reply.body[0] if reply.body else ""
        return path if path.startswith("/") else None
    return None


def _login_rules() -> list[Any]:
    from jeepney import MatchRule  # noqa: PLC0415 - only Linux has it

    session = f"{_LOGIN}.Session"
    hint = MatchRule(
        type="signal", interface="org.freedesktop.DBus.Properties", member="PropertiesChanged"
    )
    hint.add_arg_condition(0, session)
    return [
        MatchRule(type="signal", interface=session, member="Lock"),
        MatchRule(type="signal", interface=session, member="Unlock"),
        MatchRule(type="signal", interface=f"{_LOGIN}.Manager", member="PrepareForSleep"),
        hint,
    ]


def _saver_rules() -> list[Any]:
    from jeepney import MatchRule  # noqa: PLC0415 - only Linux has it

    return [MatchRule(type="signal", member="ActiveChanged")]
