"""What this computer keeps for an account: for the person to see, and to take along."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from waw_desktop.config import Settings
from waw_desktop.host import paths, session
from waw_desktop.sync.engine import MAX_BYTES, MAX_MESSAGES
from waw_desktop.sync.outbox import Counts, Outbox, Quarantined, Row, outbox_path
from waw_desktop.sync.transport import document
from waw_desktop.sync.wire import ages_ms, columns, message_input

EVERYTHING = 2**31 - 1


class NothingKept(Exception):
    """There is no outbox of this account on this computer."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The contents of one outbox.

    Attributes:
        account: E-mail address and server, for the heading.
        device_id: Under which its messages are sent.
        counts: What became of all messages so far.
        next_batch: What the next request will hold, oldest first.
        pending: Everything that waits to be sent, oldest first.
        quarantined: What will not be sent, with the reason.
    """

    account: str
    device_id: UUID
    counts: Counts
    next_batch: list[Row]
    pending: list[Row]
    quarantined: list[Quarantined]


def look(settings: Settings, server_url: str, email: str) -> Kept:
    """Return what is kept for an account; a tracker may be running meanwhile.

    Raises:
        NothingKept: If there is no such outbox.
        OutboxError: If it cannot be read.
        OSError: If the data directory cannot be used.
    """
    account = f"{email or 'nobody'} at {server_url}"
    path = outbox_path(paths.desktop_dir(settings.data_dir), server_url, email)
    if not path.exists():
        raise NothingKept(f"nothing is kept here for {account}")
    with Outbox(path) as outbox:
        return Kept(
            account=account,
            device_id=outbox.device_id,
            next_batch=outbox.take(MAX_MESSAGES, MAX_BYTES),
            pending=outbox.take(EVERYTHING, EVERYTHING),
            quarantined=outbox.quarantined(),
            counts=outbox.counts(),
        )


def in_words(kept: Kept) -> Iterator[str]:
    """Yield what is kept, a line for each message."""
    counts = kept.counts
    yield f"{kept.account}, device {kept.device_id}"
    yield (
        f"{counts.produced} measured: {counts.synced} sent, {counts.pending} waiting,"
        f" {counts.quarantined} set aside, {counts.dropped} dropped"
    )
    for row in kept.pending:
        message = row.message
        yield (
            f"waiting    {row.seq:6}  {message.started_at:%Y-%m-%d %H:%M:%S}Z"
            f"  {message.duration_ms / 1000:g} s, {len(message.onsets_ms)} blinks"
        )
    for aside in kept.quarantined:
        yield f"set aside  {aside.seq:6}  {aside.reason}"
        yield f"           {aside.payload}"


def in_json(kept: Kept) -> str:
    """Return what is kept, and word for word what would be sent of it now."""
    now = datetime.now(UTC)
    entries = {
        "account": kept.account,
        "deviceId": str(kept.device_id),
        "counts": asdict(kept.counts),
        "nextRequest": _request(kept.next_batch, kept.device_id, now),
        "pending": [message_input(row, now) for row in kept.pending],
        "quarantined": [asdict(it) for it in kept.quarantined],
    }
    return json.dumps(entries, indent=2) + "\n"


def export(kept: Kept, file: Path) -> None:
    """Write what is kept to a new file that only its owner can read.

    Raises:
        OSError: If it cannot be written, or is there already.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with open(os.open(file, flags, 0o600), "w", encoding="utf-8") as new:  # noqa: PTH123 - Path.open takes no mode for the new file
        new.write(in_json(kept))


def _request(rows: Sequence[Row], device_id: UUID, now: datetime) -> dict[str, Any] | None:
    """Return the body of the next request, None if there is nothing to send."""
    if not rows:
        return None
    ages = ages_ms(rows, session.session_ms(), session.boot_id())
    variables = {"input": columns(rows, device_id, ages, now)}
    return {**document("syncBlinks").payload, "variables": variables}
