"""Whether anything is lost or doubled while everything is killed and hindered, for a long time.

    python tests/soak/faults.py [--seed N] [--seeds N] [--part P] [--pause-s S] [--json PATH]

The long form of `tests/journeys/test_faults.py`: 10,000 messages, 30 % of all requests hindered,
200 kills of the tracker, 100 of the server, 10 immediate stops of PostgreSQL, for each seed.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

PROJECT = Path(__file__).resolve().parents[2]
if TYPE_CHECKING:
    from tests.journeys.ordeal import Plan, Verdict


def plan(part: float, pause_s: float) -> Plan:
    """Return what happens in a run, or in a part of one."""
    from tests.journeys.ordeal import Plan

    def some(count: int) -> int:
        return max(round(count * part), 1)

    return Plan(
        messages=some(10_000),
        fault_rate=0.3,
        tracker_kills=some(200),
        server_kills=some(100),
        crashes=some(10),
        pause_s=pause_s,
    )


def soak(seeds: list[int], what: Plan) -> Iterator[tuple[int, Verdict]]:
    """Yield what became of each seed's run; each has a person, an outbox and a tracker."""
    from tests.journeys.ordeal import undergo
    from tests.journeys.world import Server, populated

    with populated([f"seed{it}" for it in seeds]) as database, closing(Server(database)) as server:
        server.wait()
        for seed in seeds:
            email = f"seed{seed}@example.com"
            with tempfile.TemporaryDirectory(prefix="waw-outbox-") as directory:
                outbox = Path(directory)
                yield seed, undergo(what, seed, outbox, database, server, email)


def main() -> int:
    """Run, print each verdict, and return 1 if anything was lost or doubled."""
    arguments = _arguments()
    sys.path.insert(0, str(PROJECT))
    seeds = list(range(arguments.seed, arguments.seed + arguments.seeds))
    what = plan(arguments.part, arguments.pause_s)
    figures: list[dict[str, object]] = []
    is_clean = True
    for seed, verdict in soak(seeds, what):
        is_clean &= verdict.is_clean
        figures.append({"seed": seed, "is_clean": verdict.is_clean} | asdict(verdict))
        sys.stdout.write(f"{json.dumps(figures[-1])}\n")
        sys.stdout.flush()
        if arguments.json:
            report = {"plan": asdict(what), "runs": figures}
            arguments.json.write_text(json.dumps(report, indent=2) + "\n")
    return 0 if is_clean else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1, help="the first")
    parser.add_argument("--seeds", type=int, default=3, help="how many, one after another")
    parser.add_argument("--part", type=float, default=1.0, help="of everything that happens")
    parser.add_argument("--pause-s", type=float, default=2.0, help="between blows, at most")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
