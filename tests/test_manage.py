"""`manage.py`: the database comes along where it must, and is asked for where it is missing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import pytest

from waw_server.ops.database import url_of

PROJECT = Path(__file__).resolve().parents[1]
HEALTH = json.dumps({"query": "{ health { status database } }"}).encode()


@pytest.fixture
def data_dir():
    """Return an empty data directory with a space in its path, which any account can enter."""
    with tempfile.TemporaryDirectory(prefix="waw manage ") as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)


@pytest.fixture
def environment(data_dir):
    """Return an environment in which nobody named a database."""
    taken = {"DATABASE_URL", "PYTHONUNBUFFERED"}  # the usual shell has neither
    kept = {name: value for name, value in os.environ.items() if name not in taken}
    return {**kept, "WAW_ENV": "development", "WAW_DATA_DIR": str(data_dir)}


def manage(environment, *arguments):
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def home_of(data_dir):
    """Return where the cluster is."""
    return next(data_dir.glob("postgresql-*"))


def wait_until(condition):
    """Wait up to twenty seconds for a condition and return whether it came."""
    for _ in range(200):
        if condition():
            return True
        time.sleep(0.1)
    return False


def answers(url):
    """Return whether anything listens there."""
    try:
        urllib.request.urlopen(f"{url}/admin/login/", timeout=2).close()
    except OSError:
        return False
    return True


@pytest.fixture
def supervisor(environment):
    """Return `manage.py serve`, begun, and its address."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "serve", "--port", "8765"],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout
    said = process.stdout.readline()
    assert said.startswith("Server on http://127.0.0.1:"), said
    yield process, said.split()[2].rstrip(",")
    process.kill()
    process.communicate(timeout=60)


def test_a_command_without_a_database_says_how_to_get_one(environment):
    """One clear line, no traceback."""
    done = manage(environment, "migrate")

    assert done.returncode == 1
    assert "python manage.py devdb start" in done.stderr
    assert "Traceback" not in done.stderr


def test_devdb_starts_answers_and_stops(environment, data_dir):
    """By hand: start, status, a command that finds it, stop."""
    assert "running on 127.0.0.1:" in manage(environment, "devdb", "start").stdout
    assert "running on 127.0.0.1:" in manage(environment, "devdb", "status").stdout
    assert manage(environment, "migrate", "--verbosity=0").returncode == 0
    assert manage(environment, "makemigrations", "--check", "--dry-run").returncode == 0
    assert manage(environment, "check", "--fail-level=WARNING").returncode == 0
    assert "stopped" in manage(environment, "devdb", "stop").stdout
    assert url_of(home_of(data_dir)) is None


def test_serve_answers_and_takes_everything_down_when_it_ends(supervisor, data_dir):
    """Health over real HTTP; after a termination neither server is left."""
    process, url = supervisor
    request = urllib.request.Request(f"{url}/graphql", HEALTH, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as reply:
        health = json.load(reply)["data"]["health"]
    assert health == {"status": "ok", "database": "ok"}

    process.send_signal(signal.SIGTERM)

    assert process.wait(30) == 0
    assert url_of(home_of(data_dir)) is None


def test_both_servers_stop_when_their_supervisor_is_killed(supervisor, data_dir):
    """SIGKILL leaves nobody to tidy up but the watcher and the leash."""
    process, url = supervisor
    assert url_of(home_of(data_dir)) is not None

    process.kill()

    assert wait_until(lambda: url_of(home_of(data_dir)) is None)
    assert wait_until(lambda: not answers(url))
