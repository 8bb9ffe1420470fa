"""Requests that schemathesis makes from the schema, put to the real server as alice's.

    WAW_ENV=development python -m tests.soak.schema_requests [--examples N] [--seed N]

Where `mutated_requests` breaks what trackers send, these are documents of every query and
mutation, with every argument and field there is, right and wrong. A seed names a run.
Needs requirements/soak.txt.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
SCHEMA = PROJECT / "waw_server" / "api" / "schema.graphql"
# Of its own checks, those that concern GraphQL take each error for a fault; see schema_hooks.
CHECKS = "only_foreseen,still_signed_in"
MOST_S = 2  # for one reply, as for those of `mutated_requests`
ENDS_WHAT_OTHERS_NEED = ("Mutation.logout", "Mutation.withdrawConsent")


def run(url: str, token: str, options: list[str], *, checks: str = CHECKS) -> int:
    """Run schemathesis on the schema, and return its exit code: 0 if nothing was found.

    Args:
        url: Of the server.
        token: An access token of alice's.
        options: Which operations, how many examples, which seed.
        checks: Their names, with commas between.
    """
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", str(SCHEMA)),
        *("--url", f"{url}/graphql", "-H", f"Authorization: Bearer {token}"),
        *("--checks", checks, "--max-response-time", str(MOST_S), "--continue-on-failure"),
        *("--generation-database", "none", "--suppress-health-check", "all", "--warnings", "off"),
        *options,
    ]
    found_in = os.pathsep.join((str(PROJECT), os.environ.get("PYTHONPATH", "")))
    more = {"SCHEMATHESIS_HOOKS": "tests.soak.schema_hooks", "PYTHONPATH": found_in}
    with tempfile.TemporaryDirectory() as scratch:  # it leaves files where it is run
        return subprocess.run(command, cwd=scratch, env=os.environ | more, check=False).returncode


def main() -> int:
    """Run it for all operations, and return 1 if it found anything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=200, help="for each operation")
    parser.add_argument("--seed", type=int, default=1, help="names the run")
    arguments = parser.parse_args()
    from waw_server.ops import database
    from waw_server.ops.serving import end_like_ctrl_c

    end_like_ctrl_c()
    with tempfile.TemporaryDirectory(prefix="waw-schema-") as directory:
        root = Path(directory)
        root.chmod(0o755)  # where root runs it, another account runs the database
        with database.running(database.cluster(root)) as url:
            os.environ["DATABASE_URL"] = url
            return _run(["--seed", str(arguments.seed), "-n", str(arguments.examples)])


def _run(options: list[str]) -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.soak.settings"
    for name in ("SESSION_RATE", "ADDRESS_RATE", "SIGN_IN_RATE"):
        os.environ[name] = "1000000"  # all of them come from one address
    import django

    django.setup()
    from django.core.management import call_command

    from tests.bench import heats
    from waw_server.ops.serving import serving

    call_command("migrate", verbosity=0)
    (alice,) = heats.enrol(1)
    apart = [it for name in ENDS_WHAT_OTHERS_NEED for it in ("--exclude-name", name)]
    with serving(0) as url:
        found = [run(url, heats.begun_session(alice), [*options, *apart])]
        for name in ENDS_WHAT_OTHERS_NEED:
            alone = [*options, "--include-name", name]
            found.append(run(url, heats.begun_session(alice), alone, checks="only_foreseen"))
    return int(any(found))


if __name__ == "__main__":
    sys.exit(main())
