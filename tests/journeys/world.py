"""A database, a server, a faulty way to it and a tracker, each of which may be killed."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from tests.journeys.sealing_tracker import Orders
from waw_server.ops import database, serving
from waw_server.ops.database import Cluster

STOP_LIMIT_S = 10.0


@contextmanager
def populated(names: list[str]) -> Iterator[Database]:
    """Run a durable PostgreSQL of its own meanwhile, with people in it."""
    with tempfile.TemporaryDirectory(prefix="waw-faults-") as directory:
        root = Path(directory)
        root.chmod(0o755)  # where root runs it, another account runs the database
        cluster = database.cluster(root)
        # Far from where others look for one: between a crash and the start the port is free.
        port = random.randrange(20_000, 32_000)
        with database.running(cluster, port) as url:
            it = Database(cluster, url)
            enrol = [sys.executable, "-m", "tests.journeys.enrolment", *names]
            subprocess.run(enrol, cwd=database.PROJECT, env=it.environ(), check=True)
            yield it


class Database:
    """An embedded PostgreSQL that can be stopped as by a crash."""

    def __init__(self, cluster: Cluster, url: str) -> None:
        self._cluster = cluster
        self.url = url

    @property
    def directory(self) -> Path:
        """Of everything that is kept while it runs."""
        return self._cluster.home.parent

    def environ(self) -> dict[str, str]:
        """Return the environment of a server on it."""
        return os.environ | {
            "DATABASE_URL": self.url,
            "WAW_ENV": "development",
            "DJANGO_SETTINGS_MODULE": "waw_server.settings",
        }

    def crash(self) -> None:
        """Stop at once, without a checkpoint, and recover from the log."""
        database._pg_ctl(self._cluster, "stop", "-m", "immediate")
        database._pg_ctl(self._cluster, "start", "-o", f"-p {urlsplit(self.url).port}")


class Server:
    """The HTTP server as it is deployed, started again each time after it was killed."""

    def __init__(self, it: Database) -> None:
        self._database = it
        self.port = database.free_port(0)
        self._leash = self._started()

    def wait(self) -> None:
        """Return when it answers."""
        serving._wait(self._leash, self.port)

    def kill(self, chance: random.Random) -> None:
        """Kill all of it, its first process or its worker; whatever is left must give way."""
        with suppress(psutil.NoSuchProcess):
            leash = psutil.Process(self._leash.pid)
            children = leash.children(recursive=True)
            everything = [leash, *children]
            for it in chance.choice([everything, children[:1], children[-1:]]):
                it.kill()

    def revive(self) -> None:
        """Start it again if it has ended, as whatever supervises it would."""
        if self._leash.poll() is not None:
            self._end()
            self._leash = self._started()

    def close(self) -> None:
        """End it in order."""
        self._end()

    def _end(self) -> None:
        self._leash.communicate(timeout=STOP_LIMIT_S)

    def _started(self) -> subprocess.Popen[bytes]:
        command = serving.http_command(self.port)
        # Each crash of the database is told at length: too much for a terminal.
        with Path(self._database.directory, "server.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "waw_server.ops.leash", sys.executable, "-m", *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=database.PROJECT,
                env=self._database.environ(),
            )


class Tracker:
    """The tracker's process, started again each time after it was killed."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._process = self._started()

    @property
    def is_running(self) -> bool:
        """Whether it still has something to do."""
        return self._process.poll() is None

    def kill(self) -> None:
        """Kill it wherever it is, and start it again."""
        self._process.kill()
        self._process.communicate()
        self._process = self._started()

    def report(self, limit_s: float) -> dict[str, object]:
        """Wait until everything is sent, and return the tracker's own account of it.

        Raises:
            RuntimeError: If it failed.
            subprocess.TimeoutExpired: If it is not done in time.
        """
        said, trouble = self._process.communicate(timeout=limit_s)
        if self._process.returncode:
            raise RuntimeError(trouble.decode())
        report: dict[str, object] = json.loads(said)
        return report

    def close(self) -> None:
        """Kill it, however far it has come."""
        self._process.kill()
        self._process.communicate()

    def _started(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.journeys.sealing_tracker",
                json.dumps(asdict(self._orders)),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=database.PROJECT,
        )
