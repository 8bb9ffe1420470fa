"""Saving something as a file: where to, beside the window, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtWidgets import QFileDialog, QWidget

from waw_desktop.ui import work
from waw_desktop.ui.language import _

ChooseFile = Callable[[QWidget, str, str], Path | None]


def choose_file(parent: QWidget, suggested: str, kinds: str) -> Path | None:
    """Ask where to save, and whether to replace what is there; None if the person does not.

    Args:
        parent: Where the dialog belongs.
        suggested: Name of the file.
        kinds: As Qt wants them: "Table (*.csv)".
    """
    name, _kind = QFileDialog.getSaveFileName(
        parent, _("Save as a file"), str(Path.home() / suggested), kinds
    )
    return Path(name) if name else None


def save(
    owner: QWidget, write: Callable[[Path], None], file: Path, tell: Callable[[str], None]
) -> None:
    """Write a file in a thread and tell what came of it, in words.

    Args:
        owner: If it is deleted first, nothing is told.
        write: Writes it whole or not at all.
        file: Where to.
        tell: Takes a sentence.
    """
    work.run(
        owner,
        lambda: write(file),
        lambda _none: tell(_("Saved as %(file)s.") % {"file": file}),
        lambda error: tell(_("Nothing was saved: %(reason)s.") % {"reason": reason(error)}),
    )


def reason(error: Exception) -> str:
    """Return what went wrong, without numbers that say nothing to the person."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error)
