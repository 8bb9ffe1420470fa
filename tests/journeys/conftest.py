"""Real programs talking to each other: granian, the tracker, PostgreSQL."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings

from waw_server.ops.serving import serving

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def environment(transactional_db, monkeypatch):
    """Have every program that is started from here on use the test database."""
    it = settings.DATABASES["default"]
    user = f"{it['USER']}:{quote(it['PASSWORD'])}" if it["PASSWORD"] else it["USER"]
    monkeypatch.setenv(
        "DATABASE_URL", f"postgresql://{user}@{it['HOST']}:{it['PORT']}/{it['NAME']}"
    )
    monkeypatch.setenv("WAW_ENV", "development")


@pytest.fixture
def server(environment):
    """Return the address of a real HTTP server on the test database."""
    with serving(preferred_port=0) as url:
        yield url


@pytest.fixture
def tracked(tmp_path):
    """Return a function that runs the tracker and returns its report."""

    def tracked(*arguments, person="alice", prefix=(), seal_s=5):
        done = subprocess.run(
            [*prefix, sys.executable, "-m", "waw_desktop", "track", "--json", *arguments],
            cwd=PROJECT,
            env={
                **os.environ,
                "WAW_DATA_DIR": str(tmp_path / person),
                "WAW_EMAIL": f"{person}@example.com",
                "WAW_PASSWORD": f"{person}'s password",
                "WAW_SEAL_S": str(seal_s),
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return tracked
