"""The page to take one's data along, or to delete it from this computer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from waw_desktop.ui import deletion, style, work
from waw_desktop.ui.deletion import Deletion
from waw_desktop.ui.language import _
from waw_desktop.ui.saving import ChooseFile, choose_file, reason, save


@dataclass(frozen=True, slots=True)
class Rooms:
    """What the page asks of the rooms below; each is called in a thread.

    Attributes:
        export_history: Writes the history, as JSON or CSV as the file's name ends.
        count_unsent: How many minutes the server does not have.
        stop: Ends the tracker and waits until it has.
        delete: Deletes the history and reminders, on demand what is unsent; returns the files
            that could not be deleted.
    """

    export_history: Callable[[Path], None]
    count_unsent: Callable[[], int]
    stop: Callable[[], None]
    delete: Callable[[bool], Sequence[Path]]


class OwnDataPage(QWidget):
    """Saves and deletes.

    Attributes:
        ended: A deletion is over, done or not; tracking may begin again.
    """

    ended = pyqtSignal()

    def __init__(
        self,
        rooms: Rooms,
        directory: Path,
        choose: ChooseFile = choose_file,
        ask: Callable[[QWidget, int], Deletion | None] = deletion.ask,
    ) -> None:
        """Make the page.

        Args:
            rooms: What it calls.
            directory: Where this computer keeps the person's data.
            choose: Asks for a file.
            ask: Asks what to delete.
        """
        super().__init__()
        self._rooms = rooms
        self._choose = choose
        self._ask = ask
        self._told = _wrapped("")
        self._told.setAccessibleDescription(_("What was done"))
        self._delete = QPushButton(_("Delete…"))
        self._delete.clicked.connect(self._begin)
        self._lay_out(directory)

    def _save(self, suggested: str, kinds: str) -> None:
        file = self._choose(self, suggested, kinds)
        if file is not None:
            save(self, self._rooms.export_history, file, self._told.setText)

    def _begin(self) -> None:
        self._delete.setEnabled(False)
        work.run(self, self._rooms.count_unsent, self._confirm, lambda _error: self._confirm(0))

    def _confirm(self, unsent: int) -> None:
        wanted = self._ask(self, unsent)
        if wanted is None:
            self._delete.setEnabled(True)
            return
        self._told.setText(_("Deleting…"))

        def stop_and_delete() -> Sequence[Path]:
            self._rooms.stop()
            return self._rooms.delete(wanted.with_unsent)

        work.run(self, stop_and_delete, self._tell_left, self._tell_trouble)

    def _tell_left(self, left: Sequence[Path]) -> None:
        if left:
            files = ", ".join(map(str, left))
            self._end(_("It is deleted, except these files: %(files)s.") % {"files": files})
        else:
            self._end(_("It is deleted."))

    def _tell_trouble(self, error: Exception) -> None:
        self._end(_("Not everything was deleted: %(reason)s.") % {"reason": reason(error)})

    def _end(self, sentence: str) -> None:
        self._told.setText(sentence)
        self._delete.setEnabled(True)
        self.ended.emit()

    def _lay_out(self, directory: Path) -> None:
        table, record = QPushButton(_("Save as a table…")), QPushButton(_("Save as JSON…"))
        table.clicked.connect(lambda: self._save("waw-history.csv", _("Table (*.csv)")))
        record.clicked.connect(lambda: self._save("waw-history.json", _("JSON (*.json)")))
        column = QVBoxLayout(self)
        column.addWidget(style.large(QLabel(_("Your data on this computer")), 1.3))
        column.addWidget(
            _wrapped(
                _("It is kept in %(directory)s, which only you can open.")
                % {"directory": directory}
            )
        )
        column.addWidget(_wrapped(_("Take along every minute measured here, with its figures:")))
        column.addLayout(_beside(table, record))
        column.addWidget(
            _wrapped(_("Delete what this computer remembers; you are told first what goes:"))
        )
        column.addLayout(_beside(self._delete))
        column.addWidget(self._told)
        column.addStretch()


def _beside(*buttons: QPushButton) -> QHBoxLayout:
    row = QHBoxLayout()
    for button in buttons:
        row.addWidget(button)
    row.addStretch()
    return row


def _wrapped(text: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
