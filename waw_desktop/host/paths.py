"""Where the tracker keeps its files."""

from __future__ import annotations

from pathlib import Path

import platformdirs


def desktop_dir(data_dir: Path | None) -> Path:
    """Return the tracker's directory, made if need be, open to its owner alone.

    Args:
        data_dir: Where WaW keeps its data; None for the place usual on this system.

    Raises:
        OSError: If it cannot be made.
    """
    base = data_dir or platformdirs.user_data_path("waw", appauthor=False)
    directory = base / "desktop"
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory.chmod(0o700)
    return directory
