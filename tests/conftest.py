"""A real database, four people and the clock of the suite.

alice is tracked and has agreed to sync; bob is tracked beside her; charlie is staff; dana has
withdrawn her consent.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from waw_server.ops import database

BENCH_MATERIAL = Path(__file__).resolve().parents[2] / "shared" / "data"
BUILT = database.PROJECT / "waw_server/web/static/vendor/built"
OWN_MOUNTS = (["unshare", "--mount"], ["unshare", "--mount", "--map-root-user"])


@cache
def _own_mounts():
    """Return the command under which mounts are its own; None where that is not permitted."""
    for command in OWN_MOUNTS:
        with suppress(FileNotFoundError):
            mount = [*command, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
            if subprocess.run(mount, capture_output=True, check=False).returncode == 0:
                return command
    return None


os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # journeys that need a screen bring their own
ISSUER = Path(__file__).parent / "issuer"


def _has_issuer():
    """Return whether the OpenID provider can run: `make test` installs it where npm is."""
    node = shutil.which("node")
    if node is None or not (ISSUER / "node_modules" / "oidc-provider").is_dir():
        return False
    done = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    return int(done.stdout.strip().lstrip("v").partition(".")[0] or 0) >= 20


# What a machine may lack; a test that needs it carries the marker.
NEEDS = {
    "assets": ("the playground's files (make assets, with Node.js and npm)", BUILT.is_file),
    "browser": ("Chromium", lambda: shutil.which("chromium") is not None),
    "bench_material": ("clips in ../shared/data", BENCH_MATERIAL.is_dir),
    "issuer": ("an OpenID provider (Node.js 20 and npm)", _has_issuer),
    "screen": (
        "an X11 screen with a window manager (Xvfb, openbox, xdotool)",
        lambda: all(shutil.which(program) for program in ("Xvfb", "openbox", "xdotool")),
    ),
    "tray": (
        "an X11 screen with a tray (Xvfb, openbox, trayer and xdotool)",
        lambda: all(map(shutil.which, ("Xvfb", "openbox", "trayer", "xdotool"))),
    ),
    "mounts": ("mounts of their own (unshare)", lambda: _own_mounts() is not None),
}


def pytest_configure(config):
    """Declare our markers."""
    for marker, (needs, _) in NEEDS.items():
        config.addinivalue_line("markers", f"{marker}: needs {needs}")


def pytest_collection_modifyitems(config, items):
    """Leave out what needs something that is not here, and remember to say so."""
    config.stash[_LEFT_OUT] = {}
    for marker, (needs, is_here) in NEEDS.items():
        extra = [item for item in items if item.get_closest_marker(marker)]
        if extra and not is_here():
            items[:] = [item for item in items if item not in extra]
            config.hook.pytest_deselected(items=extra)
            config.stash[_LEFT_OUT][needs] = len(extra)


def pytest_terminal_summary(terminalreporter, config):
    """Say what did not run."""
    for needs, count in config.stash.get(_LEFT_OUT, {}).items():
        terminalreporter.write_line(
            f"{count} tests did not run: they need {needs}, which is not here."
        )


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """Remember what the processes that run the tests left out; each saw all of them."""
    node.config.stash[_LEFT_OUT] = getattr(node, "workeroutput", {}).get("left_out", {})


def pytest_sessionfinish(session, exitstatus):
    """Fail a run in CI that skipped anything; one process of several tells what it left out."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = session.config.stash.get(_LEFT_OUT, {})
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and exitstatus == 0 and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


_LEFT_OUT = pytest.StashKey[dict[str, int]]()


@pytest.fixture(scope="session")
def bench_material():
    """Return the folder of clips and series; use it with the marker of the same name."""
    return BENCH_MATERIAL


@pytest.fixture(scope="session")
def own_mounts():
    """Return the command that gives a program mounts of its own; use it with `mounts`."""
    return _own_mounts()


@pytest.fixture(scope="session")
def database_url():
    """Return the URL of the PostgreSQL that tests run on: yours, or one for this run only."""
    given = os.environ.get("DATABASE_URL")
    if given:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="waw test ") as directory:
        root = Path(directory)
        root.chmod(0o755)  # where root runs the suite, another account runs the database
        with database.running(database.cluster(root, is_durable=False)) as url:
            yield url


@pytest.fixture(scope="session")
def django_db_modify_db_settings(database_url, django_db_modify_db_settings_parallel_suffix):
    """Point Django at it before pytest-django makes the test database."""
    from django.conf import settings

    from waw_server.settings import _database

    settings.DATABASES["default"].update(_database(database_url))


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory):
    """Return the URL of a Redis for this run only."""
    program = shutil.which("redis-server")
    assert program, "redis-server is missing: apt-get install redis-server"
    port = database.free_port(0)
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    where = tmp_path_factory.mktemp("redis")
    with subprocess.Popen([program, *options], cwd=where, stdout=subprocess.DEVNULL) as server:
        yield f"redis://127.0.0.1:{port}/0"
        server.terminate()


@pytest.fixture(scope="session")
def issuer_url():
    """Return the address of a real OpenID provider; use it with the marker `issuer`."""
    port = database.free_port(0)
    command = ["node", str(ISSUER / "op.mjs"), str(port)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as provider:
        assert provider.stdout
        assert "ready" in iter(provider.stdout.readline, "").__next__()
        yield f"http://127.0.0.1:{port}"
        provider.terminate()


@pytest.fixture
def issuer(issuer_url, settings):
    """Have the server trust a real OpenID provider, and return its address."""
    settings.OIDC_ISSUER = issuer_url
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = "waw-web", "a secret of the pages"
    settings.OIDC_DESKTOP_CLIENT_ID, settings.OIDC_DESKTOP_CLIENT_SECRET = "waw-desktop", ""
    settings.OIDC_HOSTED_DOMAIN, settings.OIDC_SIGN_UP = "", False
    return issuer_url


@pytest.fixture(autouse=True)
def no_notices_left():
    """End the thread that sends notices, so that its connection outlives no test."""
    yield
    if "waw_server.ops.notices" in sys.modules:
        sys.modules["waw_server.ops.notices"].announcer.close()


@pytest.fixture
def server(transactional_db, monkeypatch):
    """Return the port of the real server on the test database."""
    from django.conf import settings

    from waw_server.ops.serving import serving

    it = settings.DATABASES["default"]
    user = f"{it['USER']}:{quote(it['PASSWORD'])}" if it["PASSWORD"] else it["USER"]
    url = f"postgresql://{user}@{it['HOST']}:{it['PORT']}/{it['NAME']}"
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("WAW_ENV", "development")
    with serving(preferred_port=0) as url:
        yield urlsplit(url).port


@pytest.fixture
def now():
    """Return the instant at which everything happens: a Monday morning."""
    return datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def _person(name, **fields):
    from waw_server.accounts.models import User

    return User.objects.create_user(f"{name}@example.com", f"{name}'s password", **fields)


def _agreed(user, at, withdrawn_at=None):
    from waw_server.accounts.models import Consent

    return Consent.objects.create(
        user=user,
        purpose=Consent.Purpose.CLOUD_SYNC,
        text_hash="a" * 64,
        granted_at=at,
        withdrawn_at=withdrawn_at,
    )


@pytest.fixture
def alice(db, now):
    """Return alice, who agreed to sync a month ago."""
    alice = _person("alice", display_name="Alice")
    _agreed(alice, now - timedelta(days=30))
    return alice


@pytest.fixture
def bob(db, now):
    """Return bob, who agreed to sync a month ago."""
    bob = _person("bob")
    _agreed(bob, now - timedelta(days=30))
    return bob


@pytest.fixture
def charlie(db):
    """Return charlie, who is staff and not tracked."""
    return _person("charlie", is_staff=True)


@pytest.fixture
def dana(db, now):
    """Return dana, who agreed to sync a month ago and withdrew it yesterday."""
    dana = _person("dana")
    _agreed(dana, now - timedelta(days=30), withdrawn_at=now - timedelta(days=1))
    return dana
