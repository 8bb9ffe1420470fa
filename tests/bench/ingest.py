"""How quickly messages are taken in, beside what one would build instead.

    WAW_ENV=development python tests/bench/ingest.py [--json PATH] [--seconds N] [--rounds N]

A database of its own, on which every commit reaches the disk, is started for the run and
removed after it. `docs/bench.md` says what is compared and how to read it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Measure, print the table, and write the figures where asked."""
    arguments = _arguments()
    if not Path("/proc/self/stat").exists():
        sys.stdout.write("The ingest benchmark reads CPU times from /proc: run it on Linux.\n")
        return 1
    sys.path.insert(0, str(PROJECT))
    from waw_server.ops import database
    from waw_server.ops.serving import end_like_ctrl_c

    end_like_ctrl_c()
    with tempfile.TemporaryDirectory(prefix="waw-bench-") as directory:
        root = Path(directory)
        root.chmod(0o755)  # where root runs it, another account runs the database
        try:
            with database.running(database.cluster(root)) as url:
                os.environ["DATABASE_URL"] = url
                _run(arguments)
        except KeyboardInterrupt:
            sys.stdout.write("Stopped.\n")
            return 130
    return 0


def _run(arguments: argparse.Namespace) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "waw_server.settings"
    os.environ["SESSION_RATE"] = "1000000"  # few sessions stand for many trackers
    import django

    django.setup()
    from django.core.management import call_command

    from tests.bench import detector, report, rounds, servers

    call_command("migrate", verbosity=0)
    if missing := servers.missing_peer_packages():
        _progress(
            f"Only WaW and the bare SQL are measured: {', '.join(missing)} not installed "
            "(pip install --no-deps --require-hashes -r requirements/bench.txt)."
        )
    results = rounds.measured(arguments.rounds, arguments.seconds, _progress)
    cpu_vs_bare = detector.cpu_vs_bare()
    sys.stdout.write(f"{report.table(results)}\n")
    sys.stdout.write(f"The detector takes {cpu_vs_bare:.2f} x the CPU of the bare face mesh.\n")
    if arguments.json:
        figures = {"detector_cpu_vs_bare": cpu_vs_bare, **report.figures(results)}
        arguments.json.write_text(json.dumps(figures, indent=2) + "\n")


def _progress(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    parser.add_argument("--seconds", type=float, default=3, help="how long a turn is measured")
    parser.add_argument("--rounds", type=int, default=3, help="how many turns each takes")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
