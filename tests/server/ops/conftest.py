"""A directory for embedded clusters, which whoever runs them can reach, and a bare connection."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from waw_server.ops import database


@contextmanager
def _open_directory():
    with tempfile.TemporaryDirectory(prefix="waw test ") as directory:
        path = Path(directory)
        path.chmod(0o755)
        yield path


@pytest.fixture
def root():
    """Return an empty directory that everybody may enter, with a space in its name."""
    with _open_directory() as path:
        yield path


@pytest.fixture
def cluster(root):
    """Return a cluster that is not started yet, and leave none behind."""
    it = database.cluster(root, is_durable=False)
    yield it
    database.stop(it)


@pytest.fixture(scope="module")
def started():
    """Return a cluster that runs, for tests that only look."""
    with _open_directory() as path:
        it = database.cluster(path, is_durable=False)
        with database.running(it):
            yield it


@pytest.fixture
def another(db):
    """Return a second connection to the test's database, a bare one."""
    it = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    where = {name: it[name] for name in names if name in it}
    with psycopg.connect(**where, autocommit=True) as another:
        yield another
