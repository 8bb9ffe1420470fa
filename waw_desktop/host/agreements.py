"""What the person has agreed to, in one file beside the outbox."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from waw_desktop.core.consents import Agreement, Purpose, in_force
from waw_desktop.host import files

FILE_NAME = "agreements.json"


def load(directory: Path) -> list[Agreement]:
    """Return the agreements; a file that cannot be read holds none, so one asks again.

    Raises:
        OSError: If there is a file but no permission to read it.
    """
    try:
        entries = json.loads((directory / FILE_NAME).read_text("utf-8"))
        return [
            Agreement(
                purpose=Purpose(entry["purpose"]),
                account=str(entry["account"]),
                text_sha256=str(entry["text_sha256"]),
                agreed_at=datetime.fromisoformat(entry["agreed_at"]),
            )
            for entry in entries
        ]
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return []


def add(directory: Path, new: Iterable[Agreement]) -> list[Agreement]:
    """Remember agreements and return all; one that is in force keeps its time.

    Raises:
        OSError: If the file cannot be read or written.
    """
    given = load(directory)
    fresh = [it for it in new if in_force(it.purpose, it.account, given) is None]
    if fresh:
        _save(directory, given + fresh)
    return given + fresh


def remove(directory: Path, purpose: Purpose, account: str) -> None:
    """Forget what was agreed to, so that the person is asked again.

    Raises:
        OSError: If the file cannot be read or written.
    """
    given = load(directory)
    _save(directory, [it for it in given if (it.purpose, it.account) != (purpose, account)])


def _save(directory: Path, agreements: Sequence[Agreement]) -> None:
    """Replace what is remembered, all of it or nothing."""
    entries = [asdict(agreement) for agreement in agreements]
    text = json.dumps(entries, default=datetime.isoformat, indent=2)
    files.write(directory / FILE_NAME, text)
