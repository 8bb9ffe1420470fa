"""Whether the person presents, watches full screen, or is in a call: what the machine can say.

Linux
: Other holders of a camera through `/proc`, as far as they belong to the same person; a full-screen
  window through X11 (under Wayland only those of X11 programs); programs that keep the machine
  awake through D-Bus, asked of GNOME's session and of freedesktop's power management.

Windows
: What the shell answers to those who want to notify: full screen, presentation, nobody there.
  Who holds the camera is not asked.

macOS
: Nothing; neither is told without a permission or a framework that we do without.

What is not known counts as free.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from glob import glob
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import psutil

from waw_desktop.core.presence import Presence

if TYPE_CHECKING:
    from jeepney.io.blocking import DBusConnection

LOOK_EVERY_S = 5.0
CAMERAS = "/dev/video*"
# These keep cameras open whether anybody uses them or not.
BROKERS = frozenset({"pipewire", "wireplumber"})

_STALE_AFTER_S = 60.0
_ANSWER_WITHIN_S = 1.0
_END_WITHIN_S = 2.0
_IDLE = 8  # GNOME's flag for "the session is not to be marked as idle"

Look = Callable[[], Presence]


class PresenceWatch:
    """Looks every few seconds, in a thread of its own, while it is entered.

    Args:
        open_look: Gives what takes one look, which may take its time; both run in the thread.
        every_s: From the end of one look to the next.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        open_look: Callable[[], AbstractContextManager[Look]] | None = None,
        every_s: float = LOOK_EVERY_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open_look = open_look or system_look
        self._every_s = every_s
        self._clock = clock
        self._latest = (clock(), Presence())
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="waw-presence", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join(_END_WITHIN_S)

    def latest(self) -> Presence:
        """Return what was seen last; nothing if the last look was a minute ago."""
        at_s, presence = self._latest
        return presence if self._clock() - at_s < _STALE_AFTER_S else Presence()

    def _run(self) -> None:
        with self._open_look() as look:
            while not self._stop.is_set():
                presence = Presence()
                with suppress(Exception):  # a desktop we do not understand says nothing
                    presence = look()
                self._latest = (self._clock(), presence)
                self._stop.wait(self._every_s)


@contextmanager
def system_look() -> Iterator[Look]:
    """Give what looks at the present system."""
    if sys.platform.startswith("linux"):
        with closing(LinuxLook()) as look:
            yield look
    elif sys.platform == "win32":
        yield windows_look
    else:
        yield Presence


class LinuxLook:
    """Looks at a Linux desktop; keeps its connections from one look to the next."""

    def __init__(self) -> None:
        self._screen: X11Screen | None = None
        self._bus: DBusConnection | None = None

    def __call__(self) -> Presence:
        """Take one look."""
        return Presence(
            is_camera_shared=any(True for _ in camera_holders()),
            is_presenting=self._is_kept_awake(),
            is_full_screen=self._is_full_screen(),
        )

    def close(self) -> None:
        """Leave the screen and the bus."""
        self._leave_screen()
        self._leave_bus()

    def _is_full_screen(self) -> bool:
        try:
            self._screen = self._screen or X11Screen()
            return self._screen.is_full_screen()
        except Exception:  # noqa: BLE001 - Xlib raises of every kind when there is no screen
            self._leave_screen()
            return False

    def _is_kept_awake(self) -> bool:
        try:
            self._bus = self._bus or _session_bus()
            return is_kept_awake(self._bus)
        except (OSError, EOFError, KeyError, ValueError, RuntimeError):  # no bus, or none for us
            self._leave_bus()
            return False

    def _leave_screen(self) -> None:
        screen, self._screen = self._screen, None
        if screen is not None:
            screen.close()

    def _leave_bus(self) -> None:
        bus, self._bus = self._bus, None
        if bus is not None:
            bus.close()


def camera_holders(cameras: str = CAMERAS, own_pid: int | None = None) -> Iterator[int]:
    """Yield the processes that hold a camera open, beside our own and those it started.

    Args:
        cameras: Pattern of the devices' paths.
        own_pid: Which process is ours; this one by default.
    """
    devices = {os.path.realpath(path) for path in glob(cameras)}  # noqa: PTH207 - patterns are absolute
    if not devices:
        return
    own = own_pid or os.getpid()
    for pid in psutil.pids():
        if _holds(pid, devices) and not _is_family(pid, own) and _name(pid) not in BROKERS:
            yield pid


def _holds(pid: int, devices: set[str]) -> bool:
    directory = f"/proc/{pid}/fd"
    try:
        numbers = os.listdir(directory)  # noqa: PTH208 - thousands of paths a look are too dear
    except OSError:  # it ended, or is another person's
        return False
    for number in numbers:
        with suppress(OSError):
            if os.readlink(f"{directory}/{number}") in devices:  # noqa: PTH115 - the same
                return True
    return False


def _is_family(pid: int, own_pid: int) -> bool:
    try:
        parents = [parent.pid for parent in psutil.Process(pid).parents()]
    except psutil.Error:
        return True  # it has ended
    return own_pid in (pid, *parents)


def _name(pid: int) -> str:
    try:
        return psutil.Process(pid).name()
    except psutil.Error:
        return ""


class X11Screen:
    """The screen that `DISPLAY` names.

    Raises:
        Exception: Of Xlib's many kinds, if there is none.
    """

    def __init__(self) -> None:
        from Xlib.display import Display  # noqa: PLC0415 - only Linux has it

        self._display = Display()
        self._root = self._display.screen().root
        self._active = self._display.intern_atom("_NET_ACTIVE_WINDOW")
        self._state = self._display.intern_atom("_NET_WM_STATE")
        self._full_screen = self._display.intern_atom("_NET_WM_STATE_FULLSCREEN")
        self._pid = self._display.intern_atom("_NET_WM_PID")

    def is_full_screen(self) -> bool:
        """Whether the window in use fills the screen and is not ours."""
        active = self._numbers(self._root, self._active)
        if not active or not active[0]:
            return False
        window = self._display.create_resource_object("window", active[0])
        if self._full_screen not in self._numbers(window, self._state):
            return False
        return os.getpid() not in self._numbers(window, self._pid)

    def close(self) -> None:
        """Leave the screen."""
        with suppress(Exception):  # as when it has ended: nothing is left to say good-bye to
            self._display.close()
        self._display.display.socket.close()  # Xlib leaves it open where the other end is gone

    def _numbers(self, window: Any, name: int) -> list[int]:  # noqa: ANN401 - Xlib has no types
        from Xlib.error import BadWindow  # noqa: PLC0415 - only Linux has it
        from Xlib.X import AnyPropertyType  # noqa: PLC0415 - the same

        try:
            found = window.get_full_property(name, AnyPropertyType)
        except BadWindow:  # it was closed just now
            return []
        return list(found.value) if found else []


def is_kept_awake(bus: DBusConnection) -> bool:
    """Whether a program asked the desktop not to rest: a talk, a call, a film.

    Raises:
        OSError: If the bus is gone.
    """
    return _asks(
        bus, "org.gnome.SessionManager", "/org/gnome/SessionManager", "IsInhibited", "u", (_IDLE,)
    ) or _asks(
        bus,
        "org.freedesktop.PowerManagement.Inhibit",
        "/org/freedesktop/PowerManagement/Inhibit",
        "HasInhibit",
    )


def _session_bus() -> DBusConnection:
    from jeepney.io.blocking import open_dbus_connection  # noqa: PLC0415 - only Linux has it

    return open_dbus_connection("SESSION")


def _asks(
    bus: DBusConnection,
    name: str,
    path: str,
    question: str,
    signature: str | None = None,
    body: tuple[int, ...] = (),
) -> bool:
    """Ask a yes-no question; no answer is a no."""
    from jeepney import DBusAddress, MessageFlag, new_method_call  # noqa: PLC0415 - only Linux has it

    owner = name.removesuffix(".Inhibit")
    message = new_method_call(DBusAddress(path, owner, name), question, signature, body)
    message.header.flags |= MessageFlag.no_auto_start  # asking is not to start anything
    try:
        reply = bus.send_and_get_reply(message, timeout=_ANSWER_WITHIN_S)
    except TimeoutError:
        return False
    return bool(reply.body == (True,))


# SHQueryUserNotificationState's answers, from shellapi.h.
_NOT_PRESENT, _BUSY, _FULL_SCREEN_GAME, _PRESENTATION = 1, 2, 3, 4


def windows_presence(answer: int) -> Presence:
    """Return what Windows' answer to those who want to notify says of the person."""
    return Presence(
        is_locked=answer == _NOT_PRESENT,
        is_full_screen=answer in (_BUSY, _FULL_SCREEN_GAME),
        is_presenting=answer == _PRESENTATION,
    )


def windows_look() -> Presence:
    """Ask Windows."""
    import ctypes  # noqa: PLC0415 - for Windows alone

    answer = ctypes.c_int(0)
    shell = ctypes.windll.shell32  # type: ignore[attr-defined] # only Windows has it
    failed = shell.SHQueryUserNotificationState(ctypes.byref(answer))
    return Presence() if failed else windows_presence(answer.value)
