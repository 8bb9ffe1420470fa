"""What the person has agreed to and withdrawn, in one file beside the outbox.

A running tracker looks into it four times a second, so that withdrawing stops every one.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from waw_desktop.core import consents
from waw_desktop.core.consents import Agreement, Purpose, in_force
from waw_desktop.host import files

FILE_NAME = "agreements.json"
_CHANGING = threading.Lock()  # the window and the tracker beside it both write


def load(directory: Path) -> list[Agreement]:
    """Return the agreements; a file that cannot be read holds none, so one asks again.

    Raises:
        OSError: If there is a file but no permission to read it.
    """
    try:
        entries = json.loads((directory / FILE_NAME).read_text("utf-8"))
        return [_agreement(entry) for entry in entries]
    except (FileNotFoundError, ValueError, TypeError, KeyError, AttributeError):
        return []


def add(directory: Path, new: Iterable[Agreement]) -> list[Agreement]:
    """Remember agreements and return all; one that is in force keeps its time.

    Raises:
        OSError: If the file cannot be read or written.
    """
    with _CHANGING:
        given = load(directory)
        fresh = [it for it in new if in_force(it.purpose, it.account, given) is None]
        if fresh:
            _save(directory, given + fresh)
        return given + fresh


def withdraw(directory: Path, purpose: Purpose, account: str, now: datetime) -> None:
    """Remember that what was agreed to is withdrawn, as of now.

    Raises:
        OSError: If the file cannot be read or written.
    """
    with _CHANGING:
        _save(directory, consents.withdrawn(purpose, account, load(directory), now))


def note_told(directory: Path, account: str) -> None:
    """Remember that the server has heard of what was withdrawn.

    Raises:
        OSError: If the file cannot be read or written.
    """
    with _CHANGING:
        _save(directory, consents.told(account, load(directory)))


def remove(directory: Path, purpose: Purpose, account: str) -> None:
    """Forget what was agreed to, so that the person is asked again.

    Raises:
        OSError: If the file cannot be read or written.
    """
    with _CHANGING:
        given = load(directory)
        _save(directory, [it for it in given if (it.purpose, it.account) != (purpose, account)])


def is_agreed(directory: Path, purpose: Purpose, account: str) -> bool:
    """Return whether an agreement is in force; not if the file cannot be read."""
    try:
        return in_force(purpose, account, load(directory)) is not None
    except OSError:
        return False


def _agreement(entry: Mapping[str, Any]) -> Agreement:
    withdrawn_at = entry.get("withdrawn_at")
    return Agreement(
        purpose=Purpose(entry["purpose"]),
        account=str(entry["account"]),
        text_sha256=str(entry["text_sha256"]),
        agreed_at=datetime.fromisoformat(entry["agreed_at"]),
        version=int(entry.get("version", 1)),
        locale=str(entry.get("locale", "en")),
        withdrawn_at=None if withdrawn_at is None else datetime.fromisoformat(withdrawn_at),
        is_withdrawal_told=entry.get("is_withdrawal_told", False) is True,
    )


def _save(directory: Path, agreements: Sequence[Agreement]) -> None:
    """Replace what is remembered, all of it or nothing."""
    entries = [asdict(agreement) for agreement in agreements]
    text = json.dumps(entries, default=datetime.isoformat, indent=2)
    files.write(directory / FILE_NAME, text)
