"""What an installation must be able to do before a person relies on it."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from uuid import UUID

from waw_desktop.core.messages import Message
from waw_desktop.sync.outbox import Outbox
from waw_desktop.sync.transport import document
from waw_desktop.vision.capture import open_source
from waw_desktop.vision.face import FaceFinder

_MESSAGE = Message(
    message_id=UUID("01890000-0000-7000-8000-000000000000"),
    started_at=datetime(2026, 1, 1, tzinfo=UTC),
    started_mono_ms=0,
    boot_id="selftest",
    duration_ms=60_000,
    seen_ms=60_000,
    fps_mean=30.0,
    onsets_ms=(1000,),
    durations_ms=(200,),
    closures=(100,),
    long_closures=0,
    closed_ms=0,
)


class Failed(Exception):
    """A part of the installation does not work."""


def run() -> int:
    """Prove each part, print what was proved and return the exit code, 0 or 1."""
    failures = 0
    for name, prove in (
        ("detector", _detector),
        ("outbox", _outbox),
        ("documents", _documents),
    ):
        failures += not _holds(name, prove)
    return 1 if failures else 0


def _holds(name: str, prove: Callable[[], str]) -> bool:
    try:
        proof = prove()
    except Exception as error:  # noqa: BLE001 - the reason for reporting is whatever goes wrong
        sys.stdout.write(f"failed  {name}: {type(error).__name__}: {error}\n")
        return False
    sys.stdout.write(f"ok      {name}: {proof}\n")
    return True


def _detector() -> str:
    source = open_source("portrait?seconds=1")
    frame = source.read()
    source.close()
    if frame is None:
        raise Failed("the portrait has no frame")
    with FaceFinder() as finder:
        ear = finder.look(frame).sample.ear
    if ear is None:
        raise Failed("no face was found in the portrait")
    return f"a face was found, its eyes are {ear:.2f} as high as wide"


def _outbox() -> str:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "selftest.db"
        with Outbox(path) as outbox:
            outbox.seal(_MESSAGE)
        with Outbox(path) as outbox:
            rows = outbox.take(limit=1, max_bytes=1)
    if [row.message for row in rows] != [_MESSAGE]:
        raise Failed("a stored message did not come back")
    return "a message was stored, and read again after closing the file"


def _documents() -> str:
    folder = resources.files("waw_desktop.sync") / "documents"
    names = sorted(file.name.removesuffix(".graphql") for file in folder.iterdir())
    for name in names:
        document(name)
    if "syncBlinks" not in names:
        raise Failed("the documents are not part of the installation")
    return f"{len(names)} GraphQL documents were parsed"
