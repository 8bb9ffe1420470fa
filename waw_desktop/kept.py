"""What this computer keeps for an account: for the person to see, take along and delete.

A tracker may run meanwhile, but while something is deleted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any
from uuid import UUID

from waw_desktop.config import Settings
from waw_desktop.core.history import Overview, Period, looked_at, overview
from waw_desktop.core.outgoing import NOTHING, Outgoing, SetAside
from waw_desktop.host import paths, session
from waw_desktop.host.export import as_csv, as_json, write_whole
from waw_desktop.host.history import History, erase, history_path
from waw_desktop.host.zone import THIS_COMPUTER
from waw_desktop.sync import outbox as outboxes
from waw_desktop.sync.engine import MAX_BYTES, MAX_MESSAGES
from waw_desktop.sync.lock import only_tracker
from waw_desktop.sync.outbox import Counts, Outbox, OutboxError, Quarantined, Row, outbox_path
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
    account = _name(server_url, email)
    path = _outbox(settings, server_url, email)
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


def export(kept: Kept, file: Path, *, replaces: bool = False) -> None:
    """Write what is kept to a file that only its owner can read.

    Raises:
        OSError: If it cannot be written, or is there already and is not to be replaced.
    """
    write_whole(file, [in_json(kept)], replaces=replaces)


def outgoing(settings: Settings, server_url: str, email: str) -> Outgoing:
    """Return what the next request will hold, word for word, and what was set aside.

    Raises:
        OutboxError: If the outbox cannot be read.
        OSError: If the data directory cannot be used.
    """
    path = _outbox(settings, server_url, email)
    if not path.exists():
        return NOTHING
    with Outbox(path) as outbox:
        batch = outbox.take(MAX_MESSAGES, MAX_BYTES)
        request = _request(batch, outbox.device_id, datetime.now(UTC))
        aside = [SetAside(it.seq, it.reason, it.payload) for it in outbox.quarantined()]
        waiting = outbox.counts().pending
    return Outgoing(_laid_out(request) if request else None, len(batch), waiting, tuple(aside))


def unsent(settings: Settings, server_url: str, email: str) -> int:
    """Return how many messages would be lost with the outbox: waiting and set aside.

    Raises:
        OutboxError: If the outbox cannot be read.
        OSError: If the data directory cannot be used.
    """
    path = _outbox(settings, server_url, email)
    if not path.exists():
        return 0
    with Outbox(path) as outbox:
        counts = outbox.counts()
    return counts.pending + counts.quarantined


def history(
    settings: Settings,
    server_url: str,
    email: str,
    seen: Period,
    now: datetime,
    zone: tzinfo = THIS_COMPUTER,
) -> Overview:
    """Return what a day, week or month amounts to.

    Raises:
        HistoryError: If the history cannot be read.
        OSError: If the data directory cannot be used.
    """
    path = history_path(_outbox(settings, server_url, email))
    if not path.exists():
        return overview(seen, [], now, zone)
    with History(path) as found:
        return overview(seen, found.rows(*looked_at(seen, now, zone)), now, zone)


def export_history(
    settings: Settings, server_url: str, email: str, file: Path, *, replaces: bool = False
) -> None:
    """Write the history to a file that only its owner can read: JSON if its name says so.

    Raises:
        NothingKept: If there is no history.
        HistoryError: If it cannot be read.
        OSError: If the file cannot be written, or is there already and is not to be replaced.
    """
    path = history_path(_outbox(settings, server_url, email))
    if not path.exists():
        raise NothingKept(f"nothing is remembered here for {_name(server_url, email)}")
    written = as_json if file.suffix.lower() == ".json" else as_csv
    with History(path) as found:
        write_whole(file, written(found.each()), replaces=replaces)


def delete(
    settings: Settings,
    server_url: str,
    email: str,
    *,
    with_unsent: bool,
    others: Sequence[Callable[[], None]] = (),
) -> list[Path]:
    """Delete the history of an account, overwritten, and what else is asked for.

    What waits to be sent and is not deleted goes to the server all the same, but does not come
    back into the history.

    Args:
        settings: Where it is kept.
        server_url: Whose account it is.
        email: Of the account.
        with_unsent: Whether what waits to be sent and what was set aside is deleted too.
        others: Delete what other rooms keep of the person.

    Returns:
        The files that could not be deleted.

    Raises:
        AlreadyRunning: If a tracker runs; nothing was deleted.
        HistoryError: If what is not deleted could not be kept from coming back.
        OSError: If the data directory cannot be used.
    """
    path = _outbox(settings, server_url, email)
    with only_tracker(path):
        left = erase(history_path(path))
        if with_unsent:
            left += outboxes.delete(path)
        elif path.exists():
            _forget(path)
        for delete_other in others:
            delete_other()
    return left


def _forget(path: Path) -> None:
    """Keep what waits in an outbox from coming back into the history."""
    with suppress(OutboxError), Outbox(path) as outbox:
        if held := [message.message_id for message in outbox.messages()]:
            with History(history_path(path)) as fresh:
                fresh.forget(held)


def _outbox(settings: Settings, server_url: str, email: str) -> Path:
    return outbox_path(paths.desktop_dir(settings.data_dir), server_url, email)


def _name(server_url: str, email: str) -> str:
    return f"{email or 'nobody'} at {server_url}"


def _laid_out(value: dict[str, Any], indent: str = "") -> str:
    """Return an object as JSON with a line for each field, however long its list."""
    deeper = f"{indent}  "
    lines = (
        f"{deeper}{json.dumps(name)}: "
        + (_laid_out(field, deeper) if isinstance(field, dict) else json.dumps(field))
        for name, field in value.items()
    )
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"


def _request(rows: Sequence[Row], device_id: UUID, now: datetime) -> dict[str, Any] | None:
    """Return the body of the next request, None if there is nothing to send."""
    if not rows:
        return None
    ages = ages_ms(rows, session.session_ms(), session.boot_id())
    variables = {"input": columns(rows, device_id, ages, now)}
    return {**document("syncBlinks").payload, "variables": variables}
