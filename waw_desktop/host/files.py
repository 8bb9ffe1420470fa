"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path


def write(path: Path, text: str) -> None:
    """Replace a file by one that its owner alone can read.

    Raises:
        OSError: If that is not possible; the file before is as it was.
    """
    fresh = path.with_name(f"{path.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - Path.open takes no mode for the new file
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
