"""Room set aside beside the outbox, for the day on which the disk is full.

On a full disk SQLite can change nothing at all: not even delete what the server has. Then
the ballast is let go, and what it took is room enough to settle receipts, and to store what
is in memory when the program ends. It is laid again when there is room for it twice over.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

BALLAST_BYTES = 4 << 20  # SQLite's journal at its usual largest
_BLOCK_BYTES = 1 << 20  # more than file systems look back over when they compress


class Ballast:
    """One file, filled with what no file system can compress or leave out."""

    def __init__(self, path: Path) -> None:
        """Name the file; nothing is made yet."""
        self._path = path

    def lay(self) -> bool:
        """Make the file, where there is room for it twice over; return whether it is there."""
        try:
            if self._path.exists():
                return True
            if shutil.disk_usage(self._path.parent).free < 2 * BALLAST_BYTES:
                return False
            self._fill(self._path.with_suffix(".ballast-new"))
        except OSError:
            return False
        return True

    def release(self) -> bool:
        """Give its room back, and return whether there was any."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True

    def _fill(self, fresh: Path) -> None:
        try:
            with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:  # noqa: PTH123 - Path.open takes no mode for the new file
                block = os.urandom(_BLOCK_BYTES)
                file.writelines(block for _ in range(BALLAST_BYTES // _BLOCK_BYTES))
            fresh.replace(self._path)
        finally:
            fresh.unlink(missing_ok=True)
