"""The main window: pages beside the list of their names."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QMainWindow,
    QScrollArea,
    QStackedWidget,
    QWidget,
)

from waw_desktop.ui.language import _

_LARGEST_SHORTCUT = 9


class Window(QMainWindow):
    """Pages to switch between by mouse, arrows or Ctrl and a digit.

    Attributes:
        close_wanted: The person closes the window; whoever listens decides what that means.
        page_shown: The widget of the page that is now in front.
    """

    close_wanted = pyqtSignal()
    page_shown = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("WaW")
        self._may_close = False
        self._names = QListWidget()
        self._names.setAccessibleName(_("Pages"))
        self._names.setSpacing(self.fontMetrics().height() // 5)
        self._names.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._pages = QStackedWidget()
        self._names.currentRowChanged.connect(self._show)
        whole = QWidget()
        row = QHBoxLayout(whole)
        row.addWidget(self._names)
        row.addWidget(self._pages, stretch=1)
        self.setCentralWidget(whole)
        letter_px = self.fontMetrics().averageCharWidth()
        self.resize(125 * letter_px, 48 * self.fontMetrics().height())

    def add_page(self, name: str, page: QWidget) -> None:
        """Add a page at the end of the list; what does not fit can be scrolled."""
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidget(page)
        self._pages.addWidget(area)
        self._names.addItem(name)
        self._names.setFixedWidth(
            self._names.sizeHintForColumn(0) + 5 * self.fontMetrics().averageCharWidth()
        )
        number = self._names.count()
        if number <= _LARGEST_SHORTCUT:
            shortcut = QShortcut(QKeySequence(f"Ctrl+{number}"), self)
            shortcut.activated.connect(lambda: self._names.setCurrentRow(number - 1))
        if number == 1:
            self._names.setCurrentRow(0)

    def show_page(self, page: QWidget) -> None:
        """Bring a page to the front."""
        for row in range(self._pages.count()):
            if self._page(row) is page:
                self._names.setCurrentRow(row)

    def bring_forward(self) -> None:
        """Show the window in front of others."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def let_close(self) -> None:
        """Close for good."""
        self._may_close = True
        self.close()

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802 - Qt calls this name
        """Ask whoever listens, unless it is allowed already."""
        if event is None or self._may_close:
            return
        event.ignore()
        self.close_wanted.emit()

    def _show(self, row: int) -> None:
        self._pages.setCurrentIndex(row)
        self.page_shown.emit(self._page(row))

    def _page(self, row: int) -> QWidget | None:
        area = self._pages.widget(row)
        return area.widget() if isinstance(area, QScrollArea) else None
