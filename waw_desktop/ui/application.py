"""Qt's application: language, colours, Ctrl-C, and what happens to an error nobody expected."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Callable, Sequence
from types import TracebackType

from PyQt6.QtCore import (
    QLibraryInfo,
    QLocale,
    QObject,
    QSocketNotifier,
    Qt,
    QTranslator,
    pyqtSignal,
)
from PyQt6.QtWidgets import QApplication
from PyQt6.sip import voidptr

from waw_desktop.ui import language, style
from waw_desktop.ui.style import Theme

_THEME = "theme"

Unexpected = Callable[[BaseException], None]


def make(arguments: Sequence[str], wanted: str, theme: Theme) -> QApplication:
    """Return the application, dressed and speaking.

    Args:
        arguments: Of the command line, for Qt.
        wanted: Language to speak; "system" for the one the computer is set to.
        theme: Light, dark or as the system is.
    """
    app = QApplication(list(arguments))
    app.setApplicationName("waw")
    app.setApplicationDisplayName("WaW")
    app.setDesktopFileName("waw")  # by which a desktop finds name and icon
    app.setQuitOnLastWindowClosed(False)  # the tray may be all there is
    speak(app, wanted)
    dress(app, theme)
    hints = app.styleHints()
    assert hints is not None  # noqa: S101 - an application has them
    hints.colorSchemeChanged.connect(lambda: style.dress(app, Theme(app.property(_THEME))))
    return app


def dress(app: QApplication, theme: Theme) -> None:
    """Use a theme from now on, also when the system's changes."""
    app.setProperty(_THEME, str(theme))
    style.dress(app, theme)


def speak(app: QApplication, wanted: str) -> str:
    """Use a language for our words, Qt's own, and the direction of both; return which it is."""
    spoken = language.use(QLocale.system().uiLanguages() if wanted == "system" else [wanted])
    for old in app.findChildren(QTranslator):
        app.removeTranslator(old)
        old.deleteLater()
    translator = QTranslator(app)
    directory = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if translator.load(f"qtbase_{spoken}", directory):
        app.installTranslator(translator)
    is_mirrored = spoken in language.RIGHT_TO_LEFT
    direction = Qt.LayoutDirection
    app.setLayoutDirection(direction.RightToLeft if is_mirrored else direction.LeftToRight)
    return spoken


def platform_name() -> str:
    """Return through which system Qt shows windows."""
    return QApplication.platformName()


class Bell(QObject):
    """Rung from any thread, heard in the window's."""

    rung = pyqtSignal()


class StopSignals(QObject):
    """Ctrl-C and SIGTERM as a call in the thread of the window.

    Qt's loop runs no Python while nothing happens, so a signal wakes it through a socket.
    """

    def __init__(self, stop: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        self._stop = stop
        self._ours, theirs = socket.socketpair()
        self._ours.settimeout(0)
        theirs.settimeout(0)
        self._theirs = theirs
        self._before = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
        numbers = (signal.SIGINT, signal.SIGTERM)
        self._handlers = {it: signal.signal(it, _ignore) for it in numbers}
        self._notifier = QSocketNotifier(
            voidptr(self._ours.fileno()), QSocketNotifier.Type.Read, self
        )
        self._notifier.activated.connect(self._woken)

    def end(self) -> None:
        """Leave signals as they were."""
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(self._before)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._ours.close()
        self._theirs.close()

    def _woken(self) -> None:
        numbers = self._ours.recv(64)
        if any(number in self._handlers for number in numbers):
            self._stop()


def _ignore(_number: int, _frame: object) -> None:
    """Let the socket tell."""


def survive(unexpected: Unexpected) -> None:
    """Have an error in a slot told instead of ending the program, as PyQt would."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        unexpected(error)

    sys.excepthook = hook
