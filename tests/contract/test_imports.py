"""The import contracts hold, and each of them bites."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]

# One bad import in each direction: the module it is seeded in, the import, the contract.
SEEDS = [
    ("waw_desktop/core/metrics.py", "import time", "core"),
    ("waw_desktop/core/messages.py", "import sqlite3", "core"),
    ("waw_desktop/core/retry.py", "import cv2", "core"),
    ("waw_desktop/core/blinks.py", "from waw_desktop.vision import face", "desktop"),
    ("waw_desktop/config.py", "from waw_desktop.host import paths", "desktop"),
    ("waw_desktop/sync/outbox.py", "from waw_desktop.vision import capture", "desktop"),
    ("waw_desktop/vision/face.py", "from waw_desktop.sync import outbox", "desktop"),
    ("waw_desktop/host/paths.py", "from waw_desktop.sync import client", "desktop"),
    ("waw_desktop/vision/tracker.py", "from waw_desktop import app", "desktop"),
    ("waw_desktop/sync/engine.py", "import PyQt6", "qt"),
    ("waw_desktop/vision/portrait.py", "import requests", "vision"),
    ("waw_desktop/sync/payload.py", "from waw_server.blinks import messages", "programs"),
    ("waw_server/web/admin.py", "import waw_desktop.config", "programs"),
    ("waw_server/ops/health.py", "from waw_server.api import schema", "server"),
    ("waw_server/accounts/services.py", "from waw_server.blinks import models", "server"),
    ("waw_server/web/admin.py", "from waw_server.api import schema", "server"),
    ("waw_server/asgi.py", "from waw_server import wsgi", "server"),
    ("waw_server/ops/notices.py", "from waw_server.api import socket", "server"),
    ("waw_server/blinks/selectors.py", "from waw_server.blinks import services", "apps"),
    ("waw_server/accounts/models.py", "from waw_server.accounts import selectors", "apps"),
    ("waw_server/accounts/tokens.py", "from waw_server.accounts import models", "apps"),
    ("waw_server/blinks/services.py", "import strawberry", "graphql"),
    ("waw_server/api/health.py", "from waw_server import settings", "settings"),
    ("waw_server/blinks/messages.py", "from django.db import models", "pure-server"),
]


@pytest.fixture
def copy(tmp_path):
    """Return a copy of the two programs and their contracts, to be spoilt."""
    for name in ("waw_desktop", "waw_server"):
        shutil.copytree(PROJECT / name, tmp_path / name, ignore=shutil.ignore_patterns("*.pyc"))
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    return tmp_path


def verdict(root, *options):
    """Run the contracts on a tree; return the exit code and what was said."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
    done = subprocess.run(
        [*command, "--no-cache", *options], cwd=root, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_the_project_keeps_them(copy):
    """As it is, no contract is broken."""
    code, said = verdict(copy)

    assert code == 0, said


@pytest.mark.parametrize(("module", "statement", "contract"), SEEDS)
def test_a_bad_import_is_caught_by_its_contract(copy, module, statement, contract):
    """Each seeded import breaks the contract that is meant for it."""
    path = copy / module
    path.write_text(f"{path.read_text()}\n{statement}\n")

    code, said = verdict(copy, "--contract", contract)

    assert code == 1, said
    assert "BROKEN" in said


@pytest.mark.parametrize("package", ["waw_desktop", "waw_server"])
def test_a_room_nobody_placed_is_caught(copy, package):
    """A new `utils.py` fails until somebody says where it belongs."""
    (copy / package / "utils.py").write_text('"""Anything."""\n')

    code, said = verdict(copy)

    assert code == 1
    assert "utils" in said
