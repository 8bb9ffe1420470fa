"""Whoever is measured: started, stopped, and asked what CPU it took.

CPU times are read from Linux's /proc and counted over whole trees of processes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from waw_server.ops.database import PROJECT, free_port
from waw_server.ops.serving import _end, _wait

PROC = Path("/proc")
PREFERRED_PORT = 8765
PEER_PACKAGES = ("fastapi", "sqlalchemy", "asyncpg", "uvicorn", "uvloop", "httptools")


def missing_peer_packages() -> list[str]:
    """Return what the peers need and this environment lacks."""
    return [name for name in PEER_PACKAGES if find_spec(name) is None]


@contextmanager
def peer(name: str) -> Iterator[int]:
    """Serve one of the peers on loopback meanwhile, and yield its port.

    As its users run it: one uvicorn process, on uvloop and httptools, without an access log.

    Args:
        name: A module of tests.bench.peers.
    """
    port = free_port(PREFERRED_PORT)
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "waw_server.ops.leash"),
            *(sys.executable, "-m", "uvicorn", f"tests.bench.peers.{name}:app"),
            *("--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
            *("--loop", "uvloop", "--http", "httptools"),
            *("--no-access-log", "--log-level", "warning"),
        ],
        stdin=subprocess.PIPE,
        start_new_session=True,
        cwd=PROJECT,
        env={
            **os.environ,
            "PEER_DATABASE_URL": _peers_url(),
            "PEER_JWT_KEY": settings.SIMPLE_JWT["SIGNING_KEY"],
        },
    )
    try:
        _wait(server, port)
        yield port
    finally:
        _end(server)


def _peers_url() -> str:
    it = settings.DATABASES["default"]
    whom = ":".join(quote(it[name], safe="") for name in ("USER", "PASSWORD") if it[name])
    return f"postgresql+asyncpg://{whom}@{it['HOST']}:{it['PORT'] or 5432}/{it['NAME']}"


def listening_on(port: int) -> int:
    """Return the process, among those started here, that was told to listen on a port.

    Raises:
        LookupError: If there is none.
    """
    for pid in _tree(os.getpid()):
        words = _read(pid, "cmdline").split("\0")
        if "--port" in words and words[words.index("--port") + 1] == str(port):
            return pid
    raise LookupError(f"nobody was started on port {port}")


def postmaster() -> int:
    """Return PostgreSQL's first process: the parent of the one that answers us."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    return int(_fields(backend)[1])


def cpu_s(pid: int) -> float:
    """Return what a process, its descendants and those it has outlived took so far."""
    ticks = sum(int(field) for field in _fields(pid)[13:15])  # ended children
    ticks += sum(int(field) for each in _tree(pid) for field in _fields(each)[11:13])
    return ticks / os.sysconf("SC_CLK_TCK")


def machine_cpu_s() -> float:
    """Return what everything on this machine took so far."""
    user, nice, system, _idle, _iowait, *interrupts = (
        int(field) for field in (PROC / "stat").read_text().splitlines()[0].split()[1:8]
    )
    return (user + nice + system + sum(interrupts)) / os.sysconf("SC_CLK_TCK")


def _tree(pid: int) -> list[int]:
    children = [
        int(child)
        for task in sorted((PROC / str(pid) / "task").glob("*/children"))
        for child in _text(task).split()
    ]
    return [pid, *(each for child in children for each in _tree(child))]


def _fields(pid: int) -> list[str]:
    """Return /proc/PID/stat from the state on; zeros for a process that is gone."""
    stat = _read(pid, "stat")
    return stat.rpartition(")")[2].split() if stat else ["0"] * 50


def _read(pid: int, name: str) -> str:
    return _text(PROC / str(pid) / name)


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # it ended meanwhile
        return ""
