"""A calm word on an error that nobody expected; the window lives on."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QObject, Qt, QThread
from PyQt6.QtWidgets import QMessageBox, QWidget

from waw_desktop.ui.language import _


class Unexpected(QObject):
    """Tells of the first of each kind, and notes them all.

    Pass `tell` to `application.survive`. It opens no window over another: as long as one word
    stands, and for a kind of which it was said, errors are noted only.

    Args:
        note: Writes an error to the log and returns by which name it is found there.
        parent: Over which window to say it.
    """

    def __init__(self, note: Callable[[BaseException], str], parent: QWidget) -> None:
        super().__init__(parent)
        self._note = note
        self._window = parent
        self._told: set[str] = set()
        self._word: QMessageBox | None = None
        self._is_telling = False

    def tell(self, error: BaseException) -> None:
        """Note an error, and say so where it is the first of its kind.

        What fails while it is told is passed over: telling of that could go on for ever. From
        another thread an error is noted only, since words belong to the window's.
        """
        if self._is_telling:
            return
        self._is_telling = True
        try:
            name = self._note(error)
            if QThread.currentThread() is self.thread():
                self._say(type(error).__qualname__, name)
        except Exception:  # noqa: BLE001, S110 - there is nobody left to tell
            pass
        finally:
            self._is_telling = False

    def _say(self, kind: str, name: str) -> None:
        if kind in self._told or self._word is not None:
            return
        self._told.add(kind)
        word = QMessageBox(
            QMessageBox.Icon.Information,
            _("Something went wrong"),
            _(
                "Something went wrong that should not have. WaW goes on, and what was measured is"
                " kept."
            ),
            QMessageBox.StandardButton.Ok,
            self._window,
        )
        word.setInformativeText(
            _("It stands in the log as %(name)s, for whoever helps you.") % {"name": name}
        )
        word.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        word.setModal(False)
        word.finished.connect(self._forget)
        self._word = word
        word.show()

    def _forget(self) -> None:
        self._word = None
