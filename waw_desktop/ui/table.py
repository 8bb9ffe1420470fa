"""A table to read: any number of rows, of which only those in sight cost anything."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, Qt
from PyQt6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

_AT_TOP = QModelIndex()
_MEASURED_ROWS = 50  # for the widths of columns


class Rows(QAbstractTableModel):
    """Texts in rows and columns."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._headings: tuple[str, ...] = ()
        self._rows: Sequence[tuple[str, ...]] = ()

    def fill(self, headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
        """Show other rows, each as long as the headings are."""
        self.beginResetModel()
        self._headings, self._rows = headings, rows
        self.endResetModel()

    def rowCount(self, parent: QModelIndex = _AT_TOP) -> int:  # noqa: N802 - Qt calls this name
        """Return how many rows there are."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex = _AT_TOP) -> int:  # noqa: N802 - Qt calls this name
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(self._headings)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> str | None:
        """Return the text of a cell."""
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return self._rows[index.row()][index.column()]

    def headerData(  # noqa: N802 - Qt calls this name
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> str | None:
        """Return the heading of a column."""
        if role != Qt.ItemDataRole.DisplayRole or orientation is not Qt.Orientation.Horizontal:
            return None
        return self._headings[section]


class Table(QTableView):
    """Shows rows; arrows move in it, Tab leaves it.

    Attributes:
        rows: What is shown.
    """

    def __init__(self, name: str, least_rows: int = 6) -> None:
        """Make an empty one.

        Args:
            name: What a screen reader calls it.
            least_rows: How many are in sight at least.
        """
        super().__init__()
        self.rows = Rows(self)
        self.setModel(self.rows)
        self.setAccessibleName(name)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setWordWrap(False)
        beside, above = self.verticalHeader(), self.horizontalHeader()
        assert beside is not None  # noqa: S101 - a table view has headers
        assert above is not None  # noqa: S101 - a table view has headers
        row_px = 3 * self.fontMetrics().height() // 2
        beside.hide()
        beside.setDefaultSectionSize(row_px)
        above.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        above.setResizeContentsPrecision(_MEASURED_ROWS)
        above.setStretchLastSection(True)
        above.setHighlightSections(False)
        self.setMinimumHeight((least_rows + 2) * row_px)
