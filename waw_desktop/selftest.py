"""What an installation must be able to do before a person relies on it."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module, metadata, resources
from pathlib import Path
from uuid import UUID

from waw_desktop.core.messages import Message
from waw_desktop.core.readings import State
from waw_desktop.sync.outbox import Outbox
from waw_desktop.sync.transport import document
from waw_desktop.vision import tracker
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


_PATIENCE_S = 30.0

# The module of keyring that speaks to each system's own store of passwords.
_STORES = {"win32": "keyring.backends.Windows", "darwin": "keyring.backends.macOS"}
_ELSEWHERE = "keyring.backends.SecretService"


class Failed(Exception):
    """A part of the installation does not work."""


def run() -> int:
    """Prove each part, print what was proved and return the exit code, 0 or 1."""
    failures = 0
    for name, prove in (
        ("detector", _detector),
        ("process", _process),
        ("outbox", _outbox),
        ("documents", _documents),
        ("passwords", _passwords),
        ("window", _window),
        ("cameras", _cameras),
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


def _process() -> str:
    seen = 0
    until_s = time.monotonic() + _PATIENCE_S
    with tracker.start("portrait?seconds=1") as child:
        while time.monotonic() < until_s:
            reading = child.poll(1.0)
            if reading is not None and reading.state is State.ENDED:
                break
            seen += reading is not None and reading.state is State.TRACKING
    if not seen:
        raise Failed(f"the detector's own process saw nothing in {_PATIENCE_S:.0f} s")
    return "the detector runs in a process of its own"


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


def _passwords() -> str:
    import keyring  # noqa: PLC0415 - the detector's process has no use for it

    store = _STORES.get(sys.platform, _ELSEWHERE)
    import_module(store)
    if store not in {found.module for found in metadata.entry_points(group="keyring.backends")}:
        raise Failed("keyring does not know the stores it came with")
    return f"{store.rpartition('.')[2]} can be asked; in use here: {keyring.get_keyring().name}"


def _window() -> str:
    from waw_desktop.ui import proof  # noqa: PLC0415 - loads Qt, which no other command needs

    return proof.window()


def _cameras() -> str:
    from waw_desktop.ui import proof  # noqa: PLC0415 - loads the whole of Qt

    return proof.cameras()
