"""The pages that show what this computer keeps: history, what will be sent, one's data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

from waw_desktop import kept
from waw_desktop.config import Settings
from waw_desktop.core.history import Overview, Period
from waw_desktop.core.outgoing import Outgoing
from waw_desktop.host import paths
from waw_desktop.ui.history import HistoryPage
from waw_desktop.ui.inspector import InspectorPage
from waw_desktop.ui.language import _
from waw_desktop.ui.own_data import OwnDataPage, Rooms
from waw_desktop.ui.window import Window

Account = Callable[[], tuple[str, str]]


class OwnPages:
    """Pages wired to the disk; each reads it when it comes to the front.

    Attributes:
        history: A day, week or month.
        inspector: The next request, and what was set aside.
        own_data: To take along or delete.
        deleted_too: Called when the person deletes their data, to delete what others keep.
    """

    def __init__(self, settings: Settings, account: Account, stop: Callable[[], None]) -> None:
        """Make the pages.

        Args:
            settings: Where the data is kept.
            account: Returns the server and e-mail address in use.
            stop: Ends the tracker and waits until it has; called in a thread.
        """
        self._settings = settings
        self._account = account
        self.deleted_too: list[Callable[[], None]] = []
        self.history = HistoryPage(self._load, _today)
        self.inspector = InspectorPage(self._look, self._export_outbox)
        rooms = Rooms(self._export_history, self._unsent, stop, self._delete)
        self.own_data = OwnDataPage(rooms, paths.desktop_dir(settings.data_dir))
        self.own_data.ended.connect(self.history.refresh)
        self.own_data.ended.connect(self.inspector.refresh)

    def add_history(self, window: Window) -> None:
        """Add the page of the history to a window."""
        window.add_page(_("History"), self.history)
        window.page_shown.connect(self._refresh)

    def add_rest(self, window: Window) -> None:
        """Add the other pages."""
        window.add_page(_("What is sent"), self.inspector)
        window.add_page(_("Your data"), self.own_data)

    def look_back(self, seen: Period) -> Overview:
        """Return what a period amounts to; for a thread."""
        return self._load(seen)

    def _refresh(self, page: object) -> None:
        if page is self.history:
            self.history.refresh()
        elif page is self.inspector:
            self.inspector.refresh()

    def _load(self, seen: Period) -> Overview:
        return kept.history(self._settings, *self._account(), seen, datetime.now(UTC))

    def _look(self) -> Outgoing:
        return kept.outgoing(self._settings, *self._account())

    def _unsent(self) -> int:
        return kept.unsent(self._settings, *self._account())

    def _export_history(self, file: Path) -> None:
        kept.export_history(self._settings, *self._account(), file, replaces=True)

    def _export_outbox(self, file: Path) -> None:
        kept.export(kept.look(self._settings, *self._account()), file, replaces=True)

    def _delete(self, with_unsent: bool) -> Sequence[Path]:  # noqa: FBT001 - the page hands on one answer
        delete = partial(kept.delete, self._settings, *self._account())
        return delete(with_unsent=with_unsent, others=self.deleted_too)


def _today() -> date:
    return datetime.now().astimezone().date()
