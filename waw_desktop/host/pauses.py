"""The person's wish that nobody watches, in a file that every program of theirs can write.

A running tracker reads it four times a second. A pause outlives a restart.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

FILE_NAME = "paused-until"
_UNTIL_RESUMED = "until resumed"


def pause(directory: Path, until: datetime | None) -> None:
    """Pause until a time with a zone, or until `resume`; it replaces an earlier pause.

    Raises:
        OSError: If the file cannot be written.
    """
    fresh = directory / f"{FILE_NAME}.new"
    fresh.write_text(until.isoformat() if until else _UNTIL_RESUMED, "utf-8")
    fresh.replace(directory / FILE_NAME)


def resume(directory: Path) -> None:
    """End the pause, if there is one.

    Raises:
        OSError: If the file cannot be removed.
    """
    (directory / FILE_NAME).unlink(missing_ok=True)


def is_paused(directory: Path, now: datetime) -> bool:
    """Whether a pause lasts; one that cannot be understood lasts until `resume`."""
    try:
        return now < datetime.fromisoformat((directory / FILE_NAME).read_text("utf-8"))
    except FileNotFoundError:
        return False
    except (OSError, ValueError, TypeError):
        return True


def tomorrow(now: datetime) -> datetime:
    """Return the next midnight where this computer is; the hour after where clocks skip it."""
    midnight = datetime.combine(now.date() + timedelta(days=1), time.min)
    # `astimezone` alone would take a midnight that is skipped for eleven in the evening.
    return datetime.fromtimestamp(midnight.timestamp(), UTC).astimezone()
