"""Whether the outbox survives what disks do: damaged files, and writes that fail.

    python -m tests.soak.storage [--variants N] [--every N] [--json PATH]

1. Files are damaged in ten ways, each by seeds. The tracker's outbox must open, send nothing
   that was not sealed, and save what can be read.
2. Each n-th write or sync fails, with EIO or ENOSPC, once or from then on (strace's fault
   injection). What was acknowledged must be there afterwards. Linux only.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from waw_desktop.core.messages import Message
from waw_desktop.core.retry import Fate
from waw_desktop.sync.outbox import Outbox, OutboxError
from waw_desktop.sync.payload import digest, to_text
from waw_desktop.sync.salvage import open_outbox

PROJECT = Path(__file__).resolve().parents[2]
MESSAGES = 200
SETTLED = 20
PAGE = 4096
FAILING = 40  # messages, while writes fail
CALLS = "pwrite64,fsync,fdatasync,ftruncate"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def message(number: int) -> Message:
    """Return the message of a number, from 1."""
    chance = random.Random(number)
    blinks = range(chance.randint(0, 30))
    return Message(
        message_id=UUID(int=number),
        started_at=NOON + timedelta(minutes=number),
        started_mono_ms=0,
        boot_id="",
        duration_ms=60_000,
        seen_ms=50_000,
        fps_mean=30.0,
        onsets_ms=tuple(nth * 2000 for nth in blinks),
        durations_ms=tuple(chance.randint(80, 500) for _ in blinks),
        closures=tuple(chance.randint(50, 100) for _ in blinks),
        long_closures=0,
        closed_ms=0,
    )


def filled(directory: Path) -> Path:
    """Return an outbox as a kill leaves it: the newest changes are in its journal only."""
    living, killed = directory / "living.db", directory / "killed.db"
    with Outbox(living) as outbox:
        for number in range(1, MESSAGES + 1):
            outbox.seal(message(number))
        outbox.settle((UUID(int=it), Fate.SYNCED, "") for it in range(1, SETTLED + 1))
        for suffix in ("", "-wal"):
            shutil.copy(f"{living}{suffix}", f"{killed}{suffix}")
    return killed


def _bits(raw: bytearray, chance: random.Random) -> None:
    for _ in range(chance.randint(1, 200)):
        raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)


def _overwritten(raw: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(raw) - 64)
    raw[at : at + 64] = chance.randbytes(64)


def _zeroed(raw: bytearray, chance: random.Random) -> None:
    for _ in range(chance.randint(1, 5)):
        at = chance.randrange(len(raw) // PAGE) * PAGE
        raw[at : at + PAGE] = bytes(PAGE)


def _swapped(raw: bytearray, chance: random.Random) -> None:
    one, other = (chance.randrange(len(raw) // PAGE) * PAGE for _ in range(2))
    raw[one : one + PAGE], raw[other : other + PAGE] = (
        raw[other : other + PAGE],
        raw[one : one + PAGE],
    )


def _cut(raw: bytearray, chance: random.Random) -> None:
    del raw[chance.randrange(len(raw)) :]


def _beheaded(raw: bytearray, chance: random.Random) -> None:
    raw[:100] = chance.randbytes(100)


def _grown(raw: bytearray, chance: random.Random) -> None:
    raw += chance.randbytes(chance.randint(1, 3 * PAGE))


def _emptied(raw: bytearray, _chance: random.Random) -> None:
    raw.clear()


Damage = Callable[[bytearray, random.Random], None]
WAYS: dict[str, tuple[str, Damage | None]] = {
    "bits flipped": ("", _bits),
    "64 bytes overwritten": ("", _overwritten),
    "pages zeroed": ("", _zeroed),
    "pages swapped": ("", _swapped),
    "cut off": ("", _cut),
    "header overwritten": ("", _beheaded),
    "grown": ("", _grown),
    "emptied": ("", _emptied),
    "journal missing": ("-wal", None),
    "journal overwritten": ("-wal", _overwritten),
}


@dataclass(frozen=True, slots=True)
class Opened:
    """What became of a damaged outbox.

    Attributes:
        way: How it was damaged, one of `WAYS`.
        seed: Of the damage.
        error: Why it did not open, empty if it did.
        bad: Messages that would be sent and were never sealed like that.
        whole: Messages whose rows were still somewhere in the file, byte for byte.
        saved: Of those, the ones that are in the outbox.
        is_usable: Whether it adds up and takes another message.
    """

    way: str
    seed: int
    error: str = ""
    bad: int = 0
    whole: int = 0
    saved: int = 0
    is_usable: bool = False

    @property
    def is_well(self) -> bool:
        """Whether it opened and would send nothing wrong."""
        return not self.error and not self.bad and self.is_usable


def damaged(original: Path, directory: Path, way: str, seed: int) -> Opened:
    """Damage a copy of an outbox and open it.

    Args:
        original: Of `filled`.
        directory: Empty, for the copy.
        way: One of `WAYS`.
        seed: Of where and how much.
    """
    path = directory / "outbox.db"
    for suffix in ("", "-wal"):
        shutil.copy(f"{original}{suffix}", f"{path}{suffix}")
    suffix, damage = WAYS[way]
    victim = Path(f"{path}{suffix}")
    if damage is None:
        victim.unlink()
    else:
        raw = bytearray(victim.read_bytes())
        damage(raw, random.Random(seed))
        victim.write_bytes(raw)
    return _looked_at(path, way, seed)


def _looked_at(path: Path, way: str, seed: int) -> Opened:
    whole = _whole(path)
    try:
        outbox, _ = open_outbox(path, NOON)
    except OutboxError as error:
        return Opened(way, seed, error=str(error))
    with outbox:
        taken = {it.message.message_id.int: it.message for it in outbox.take(9999, 10**9)}
        outbox.seal(message(9999))
        is_usable = outbox.counts().balanced
    bad = sum(1 for number, it in taken.items() if it != message(number))
    return Opened(way, seed, "", bad, len(whole), len(whole & set(taken)), is_usable)


def _whole(path: Path) -> set[int]:
    """Return the messages whose text and checksum are in the file, side by side.

    Those of the journal are left out: SQLite believes it up to the first damage only.
    """
    raw = path.read_bytes()
    found = set()
    for number in range(SETTLED + 1, MESSAGES + 1):
        text = to_text(message(number))
        row = f"{UUID(int=number)}{text}{digest(number, str(UUID(int=number)), text)}"
        if row.encode() in raw:
            found.add(number)
    return found


@dataclass(frozen=True, slots=True)
class Failed:
    """What became of an outbox whose writes fail.

    Attributes:
        error: EIO or ENOSPC.
        when: Which of the calls, as strace has it: "7" is the seventh, "7+" all from it on.
        acknowledged: Messages that were told to be stored.
        missing: Of those, the ones that are not there afterwards.
        bad: Messages that are there and were never sealed like that.
    """

    error: str
    when: str
    acknowledged: int
    missing: int
    bad: int


def failing(directory: Path, error: str, when: str) -> Failed:
    """Seal messages while a write fails, and see what is there afterwards."""
    path = directory / "outbox.db"
    inject = f"inject={CALLS}:error={error}:when={when}"
    strace = ["strace", "-f", "-qq", "--seccomp-bpf", "-e", f"trace={CALLS}", "-e", inject]
    done = subprocess.run(
        [
            *strace,
            "-o",
            directory / "trace",
            sys.executable,
            "-m",
            "tests.soak.storage",
            "--seal",
            path,
        ],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    told = {int(it) for it in done.stdout.split()}
    outbox, _ = open_outbox(path, NOON)
    with outbox:
        there = {it.message.message_id.int: it.message for it in outbox.take(9999, 10**9)}
    bad = sum(1 for number, it in there.items() if it != message(number))
    return Failed(error, when, len(told), len(told - set(there)), bad)


def calls(directory: Path) -> int:
    """Return how many calls there are that could fail."""
    failing(directory, "EIO", "60000")
    return len((directory / "trace").read_text().splitlines())


def seal(path: Path) -> None:
    """Seal messages, each tried a few times, and tell those that were stored."""
    for _ in range(3):
        try:
            outbox, _salvage = open_outbox(path, NOON)
        except OutboxError:
            continue
        with outbox:
            _seal_all(outbox)
        return


def _seal_all(outbox: Outbox) -> None:
    waiting: list[Message] = []
    for number in range(1, FAILING + 1):
        waiting.append(message(number))
        try:
            while waiting:
                outbox.seal(waiting[0])
                sys.stdout.write(f"{waiting.pop(0).message_id.int}\n")
        except OutboxError:
            pass
    sys.stdout.flush()


def damages(variants: int) -> Iterator[Opened]:
    """Yield what became of so many damaged outboxes, each way in its turn."""
    with tempfile.TemporaryDirectory(prefix="waw-storage-") as directory:
        original = filled(Path(directory))
        for seed in range(variants):
            copy = Path(directory, str(seed))
            copy.mkdir()
            yield damaged(original, copy, list(WAYS)[seed % len(WAYS)], seed)
            shutil.rmtree(copy)


def failures(every: int) -> Iterator[Failed]:
    """Yield what became of an outbox for each so many calls, each error and length of trouble."""
    with tempfile.TemporaryDirectory(prefix="waw-storage-") as directory:
        first = Path(directory, "count")
        first.mkdir()
        for nth in range(1, calls(first) + 1, every):
            for error in ("EIO", "ENOSPC"):
                for when in (str(nth), f"{nth}+"):
                    run = Path(directory, f"{error} {when}")
                    run.mkdir()
                    yield failing(run, error, when)
                    shutil.rmtree(run)


def main() -> int:
    """Run both, print the figures, and return 1 if anything is not as it must be."""
    arguments = _arguments()
    if arguments.seal:
        seal(arguments.seal)
        return 0
    opened = list(damages(arguments.variants))
    failed = list(failures(arguments.every))
    report = {
        "variants": len(opened),
        "not_opened": sum(bool(it.error) for it in opened),
        "not_usable": sum(not it.is_usable for it in opened),
        "bad_rows": sum(it.bad for it in opened),
        "whole_rows": sum(it.whole for it in opened),
        "saved_rows": sum(it.saved for it in opened),
        "failed_calls": len(failed),
        "acknowledged": sum(it.acknowledged for it in failed),
        "missing": sum(it.missing for it in failed),
        "bad": sum(it.bad for it in failed),
    }
    sys.stdout.write(f"{json.dumps(report)}\n")
    if arguments.json:
        each = {"opened": [asdict(it) for it in opened], "failed": [asdict(it) for it in failed]}
        arguments.json.write_text(json.dumps(report | each, indent=2) + "\n")
    is_well = all(it.is_well for it in opened) and not any(it.missing or it.bad for it in failed)
    return 0 if is_well else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--variants", type=int, default=200, help="damaged files")
    parser.add_argument("--every", type=int, default=1, help="1: each call fails once")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    parser.add_argument("--seal", type=Path, help=argparse.SUPPRESS)  # what strace runs
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
