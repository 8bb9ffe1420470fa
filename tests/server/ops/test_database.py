"""The embedded PostgreSQL: kept data, one owner, no stranger, and nothing left running."""

import io
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import platformdirs
import psycopg
import pytest

from waw_server.ops import database
from waw_server.ops.database import DatabaseUnavailable

IS_ROOT = os.geteuid() == 0
LIMIT_S = 30.0

OWNER = """
import sys, time
from pathlib import Path
from waw_server.ops import database
with database.running(database.cluster(Path(sys.argv[1]), is_durable=False)):
    print("up", flush=True)
    time.sleep(600)
"""


def _asked(url, query):
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(query)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def _port(url):
    return int(url.rpartition(":")[2].split("/")[0])


def _mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def _postmaster(cluster):
    return int((cluster.data_dir / "postmaster.pid").read_text().splitlines()[0])


def _wait_until(happened):
    deadline_s = time.monotonic() + LIMIT_S
    while not happened():
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


@contextmanager
def _without_root():
    """Do without root's rights meanwhile, if we have them."""
    if not IS_ROOT:
        yield
        return
    os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)


class TestStartAndStop:
    """Data is kept, whatever ends the server."""

    def test_a_restart_keeps_what_was_stored(self, cluster):
        """In between nothing answers; a path with a space is no obstacle."""
        assert " " in str(cluster.home)
        with database.running(cluster) as url:
            _asked(url, "CREATE TABLE kept AS SELECT 7 AS number")
        assert database.url_of(cluster.home) is None

        with database.running(cluster) as url:
            assert _asked(url, "SELECT number FROM kept") == 7

    def test_killing_it_loses_nothing(self, root):
        """What it leaves behind, pid file and shared memory, is in nobody's way."""
        cluster = database.cluster(root)
        url = database.start(cluster)
        _asked(url, "CREATE TABLE kept AS SELECT 7 AS number")

        os.kill(_postmaster(cluster), signal.SIGKILL)
        _wait_until(lambda: database.url_of(cluster.home) is None)
        assert (cluster.data_dir / "postmaster.pid").exists()

        with database.running(cluster) as url:
            assert _asked(url, "SELECT number FROM kept") == 7

    def test_a_pid_file_may_name_what_is_somebody_elses(self, cluster):
        """Its pid lives and its port answers, but neither is this cluster's."""
        database.start(cluster)
        pid_file = cluster.data_dir / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
        database.stop(cluster)

        with socket.create_server(("127.0.0.1", 0)) as stranger:
            lines[0], lines[3] = "1", str(stranger.getsockname()[1])
            pid_file.write_text("\n".join(lines) + "\n")

            assert database.url_of(cluster.home) is None
            assert _port(database.start(cluster)) != stranger.getsockname()[1]

    def test_another_cluster_on_its_port_is_not_taken_for_it(self, started, tmp_path):
        """The password tells them apart."""
        (tmp_path / "data").mkdir()
        shutil.copy(started.data_dir / "postmaster.pid", tmp_path / "data")
        (tmp_path / "password").write_text("another-password")

        assert database.url_of(started.home) is not None
        assert database.url_of(tmp_path) is None

    def test_a_killed_initdb_is_begun_anew(self, cluster):
        """Its half is no cluster, and goes."""
        database._make_home(cluster)
        unfinished = cluster.home / "unfinished"
        unfinished.mkdir()
        (unfinished / "PG_VERSION").write_text("18\n")

        assert _asked(database.start(cluster), "SELECT 1") == 1
        assert not unfinished.exists()

    def test_starting_twice_is_one_server(self, cluster):
        """Who comes second uses it, and leaves it to its owner."""
        with database.running(cluster) as url:
            with database.running(cluster) as again:
                assert again == url
            assert database.start(cluster) == url
            assert _asked(url, "SELECT 1") == 1

        assert database.url_of(cluster.home) is None

    def test_what_does_not_run_is_not_stopped(self, cluster):
        """Nor is anything made for it."""
        database.stop(cluster)

        assert not cluster.home.exists()

    def test_it_ends_with_a_killed_owner(self, cluster):
        """No server is left behind, by whatever its supervisor died."""
        owner = subprocess.Popen(
            [sys.executable, "-c", OWNER, str(cluster.home.parent)],
            cwd=database.PROJECT,
            stdout=subprocess.PIPE,
        )
        with owner:
            assert owner.stdout is not None
            assert owner.stdout.readline() == b"up\n"
            assert database.url_of(cluster.home) is not None
            owner.kill()

        _wait_until(lambda: database.url_of(cluster.home) is None)

    def test_the_watcher_stops_it_when_its_pipe_closes(self, cluster, monkeypatch):
        """As the watcher does in a process of its own."""
        database.start(cluster)
        monkeypatch.setattr(sys, "stdin", io.StringIO(""))

        database._watch(cluster.home.parent)

        assert database.url_of(cluster.home) is None

    def test_a_start_that_fails_says_why(self, cluster, monkeypatch):
        """With the end of the server's own log; the data is left as it is."""
        monkeypatch.setattr(database, "START_TRIES", 2)  # five take four seconds
        database.start(cluster)
        database.stop(cluster)
        with (cluster.data_dir / "postgresql.conf").open("a") as conf:
            conf.write("no_such_setting = 1\n")

        with pytest.raises(DatabaseUnavailable) as refused:
            database.start(cluster)

        assert "pg_ctl failed" in str(refused.value)
        assert "no_such_setting" in str(refused.value)
        assert (cluster.data_dir / "PG_VERSION").exists()

    def test_a_start_that_fails_before_there_is_a_log(self, cluster, monkeypatch):
        """Whatever is in the way is left as it is."""
        monkeypatch.setattr(database, "START_TRIES", 1)
        database._make_home(cluster)
        cluster.data_dir.write_text("a file of somebody's")

        with pytest.raises(DatabaseUnavailable, match="pg_ctl failed"):
            database.start(cluster)

        assert cluster.data_dir.read_text() == "a file of somebody's"
        cluster.data_dir.unlink()


class TestWhoGetsIn:
    """Loopback, one password, and directories of its own."""

    def test_the_files_are_its_own(self, started):
        """Nobody else reads the password or the data, and root owns neither."""
        assert _mode(started.home) == _mode(started.data_dir) == 0o700
        assert _mode(started.password_file) == 0o600
        assert len(started.password_file.read_text()) == 32
        for path in (started.home, started.password_file, started.data_dir / "postmaster.pid"):
            assert path.stat().st_uid != 0
            assert path.stat().st_uid == (started.account.uid if IS_ROOT else os.geteuid())

    @pytest.mark.parametrize(
        "_case, password", [("wrong", "wrong"), ("none", ""), ("the name", "waw")]
    )
    def test_another_password_is_refused(self, started, _case, password):
        """Also from loopback."""
        url = database.url_of(started.home)
        right = started.password_file.read_text()
        assert url is not None

        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(url.replace(right, password))

    def test_it_listens_on_loopback_only(self, started):
        """On one address, and on no socket file."""
        url = database.url_of(started.home)

        assert _asked(url, "SHOW listen_addresses") == "127.0.0.1"
        assert _asked(url, "SHOW unix_socket_directories") == ""
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.2", _port(url)), timeout=2)

    def test_two_clusters_have_two_passwords(self, cluster, root):
        """Each is drawn anew."""
        other = database.cluster(root / "other", is_durable=False)
        for it in (cluster, other):
            database._make_home(it)

        assert cluster.password_file.read_text() != other.password_file.read_text()

    def test_who_is_not_root_owns_it_all(self, cluster):
        """The account that runs it is their own."""
        it = replace(cluster, account=None)

        database._make_home(it)

        assert (_mode(it.home), _mode(it.password_file)) == (0o700, 0o600)
        assert it.home.stat().st_uid == it.password_file.stat().st_uid == os.geteuid()
        assert "18" in database._run([it.bin_dir / "postgres", "--version"], None)

    def test_a_new_root_can_be_reached(self, root):
        """It and the parents it lacks are made, for whoever runs the server."""
        it = database.cluster(root / "new" / "data", is_durable=False)

        with database.running(it) as url:
            assert _asked(url, "SELECT 1") == 1

        assert _mode(root / "new" / "data") == 0o755

    def test_a_root_below_a_closed_directory(self, root):
        """Root is told what to do instead; others, who may enter it, are served."""
        closed = root / "closed"
        closed.mkdir(mode=0o700)
        it = database.cluster(closed / "data", is_durable=False)

        if IS_ROOT:
            with pytest.raises(DatabaseUnavailable, match="set WAW_DATA_DIR to a directory"):
                database.start(it)
        else:
            with database.running(it) as url:
                assert _asked(url, "SELECT 1") == 1
        assert _mode(closed) == 0o700


def _wheel_copied_to(directory):
    """Copy the wheel's programs with their libraries, as it installs them; return the programs'."""
    bin_dir = database._binaries()
    package = bin_dir.parents[1]
    copied = directory / package.name / bin_dir.parent.name
    shutil.copytree(bin_dir.parent, copied, symlinks=True)
    (directory / package.name / "__init__.py").touch()
    for libraries in package.parent.glob(f"{package.name}.libs"):
        shutil.copytree(libraries, directory / libraries.name, symlinks=True)
    return copied / "bin"


@pytest.fixture
def no_wheel(monkeypatch):
    """Do without the wheel, and without what is on the path."""
    monkeypatch.setattr(database, "WHEEL", "no-such-wheel")
    monkeypatch.setenv("PATH", "")


class TestPrograms:
    """Where PostgreSQL's programs come from."""

    def test_programs_that_the_account_cannot_reach_are_copied(self, root, monkeypatch):
        """The directory they are in stays closed; who is not root runs them where they are."""
        hidden = root / "hidden"
        hidden.mkdir(mode=0o700)
        bin_dir = _wheel_copied_to(hidden)
        monkeypatch.syspath_prepend(hidden)

        it = database.cluster(root / "data", is_durable=False)

        assert database._binaries() == bin_dir
        assert it.bin_dir.is_relative_to(root / "data") is IS_ROOT
        with database.running(it) as url:
            assert _asked(url, "SELECT 1") == 1
        assert (_mode(hidden), _mode(root)) == (0o700, 0o755)
        assert database.cluster(root / "data").bin_dir == it.bin_dir

    def test_two_who_copy_at_once_end_with_one_copy(self, root, monkeypatch):
        """Whoever is second throws theirs away."""
        source = root / "source"
        source.mkdir()
        copytree = shutil.copytree
        target = root / "programs"
        unfinished = target.with_suffix(f".{os.getpid()}")

        def overtaken(*args, **kwargs):
            copytree(*args, **kwargs)
            target.mkdir()
            (target / "first").touch()

        monkeypatch.setattr(shutil, "copytree", overtaken)
        found = database._copied(source, target)

        assert found == target / root.name / "source"
        assert [path.name for path in target.iterdir()] == ["first"]
        assert not unfinished.exists()

    def test_the_wheels_programs_are_named_by_its_version(self):
        """A new wheel brings a new copy."""
        assert database._programs_name() == "programs-0.6.0"

    @pytest.mark.usefixtures("no_wheel")
    def test_without_the_wheel_there_is_another_name(self):
        """Copies of the one and the other do not mix."""
        assert database._programs_name() == "programs-system"

    def test_without_the_wheel_those_on_the_path_are_used(self, request, monkeypatch):
        """As Homebrew has them."""
        on_path = database._binaries()
        request.getfixturevalue("no_wheel")
        monkeypatch.setenv("PATH", str(on_path))

        assert database._binaries() == on_path

    @pytest.mark.usefixtures("no_wheel")
    def test_else_debians_newest(self, monkeypatch):
        """Debian keeps them off the path."""
        installed = [Path(f"/usr/lib/postgresql/{major}/bin/pg_ctl") for major in (17, 15)]
        monkeypatch.setattr(Path, "glob", lambda _self, _pattern: iter(installed))

        assert database._binaries() == Path("/usr/lib/postgresql/17/bin")

    @pytest.mark.usefixtures("no_wheel")
    def test_else_there_are_none(self, monkeypatch):
        """It is said what to do."""
        monkeypatch.setattr(Path, "glob", lambda _self, _pattern: iter(()))

        with pytest.raises(DatabaseUnavailable, match="or set DATABASE_URL"):
            database._binaries()

    def test_a_copy_is_made_once(self, root):
        """A second start finds it."""
        (root / "source").mkdir()
        (root / "source" / "postgres").write_text("first")
        for content in ("first", "second"):
            (root / "source" / "postgres").write_text(content)
            copied = database._copied(root / "source", root / "programs")

        assert (copied / "postgres").read_text() == "first"

    def test_a_program_that_fails_says_what_it_said(self, cluster):
        """In one line, with the program's name."""
        with pytest.raises(DatabaseUnavailable, match=r"^postgres failed: .*--no-such-option"):
            database._run([cluster.bin_dir / "postgres", "--no-such-option"], cluster.account)

    @pytest.mark.parametrize(
        "_case, known, expected",
        [
            ("both", {"postgres": 26, "nobody": 65534}, 26),
            ("nobody alone", {"nobody": 65534}, 65534),
        ],
    )
    def test_whom_root_lets_run_it(self, monkeypatch, _case, known, expected):
        """The account that is made for it, else nobody."""
        monkeypatch.setattr(pwd, "getpwnam", lambda name: _entry(name, known[name]))

        assert database._unprivileged_account() == database.Account(expected, expected)

    def test_a_machine_without_such_an_account(self, monkeypatch):
        """Is told what is missing."""
        monkeypatch.setattr(pwd, "getpwnam", {}.__getitem__)

        with pytest.raises(DatabaseUnavailable, match="needs an account other than root"):
            database._unprivileged_account()


def _entry(name, uid):
    return pwd.struct_passwd((name, "x", uid, uid, "", "/", "/bin/false"))


class TestUrl:
    """`url_of`, `export_url` and `provided`."""

    @pytest.mark.parametrize(
        "_case, pid_file, password",
        [
            ("nothing there", None, None),
            ("just begun", "1\n/data\n", "secret"),
            ("damaged", "1\n/data\n0\nport\n", "secret"),
            ("no password", "1\n/data\n0\n1\n", None),
            ("nobody listens", "1\n/data\n0\n1\n", "secret"),
        ],
    )
    def test_what_is_no_running_cluster(self, tmp_path, _case, pid_file, password):
        """None, whatever half of it is there."""
        (tmp_path / "data").mkdir()
        if pid_file is not None:
            (tmp_path / "data" / "postmaster.pid").write_text(pid_file)
        if password is not None:
            (tmp_path / "password").write_text(password)

        assert database.url_of(tmp_path) is None

    def test_a_given_url_is_left_alone(self, root, monkeypatch):
        """No cluster is looked for, and none is made."""
        monkeypatch.setenv("WAW_DATA_DIR", str(root))
        monkeypatch.setenv("DATABASE_URL", "postgresql://given")

        database.export_url()
        with database.provided():
            assert os.environ["DATABASE_URL"] == "postgresql://given"

        assert os.environ["DATABASE_URL"] == "postgresql://given"
        assert list(root.iterdir()) == []

    def test_without_one_a_cluster_is_provided(self, root, monkeypatch):
        """Meanwhile only; other processes find it then, and not after."""
        monkeypatch.setenv("WAW_DATA_DIR", str(root))
        monkeypatch.setenv("DATABASE_URL", "")
        database.export_url()
        assert os.environ["DATABASE_URL"] == ""

        with database.provided():
            url = os.environ["DATABASE_URL"]
            assert _asked(url, "SHOW fsync") == "on"
            monkeypatch.setenv("DATABASE_URL", "")
            database.export_url()
            assert os.environ["DATABASE_URL"] == url

        assert "DATABASE_URL" not in os.environ
        monkeypatch.setenv("DATABASE_URL", "")
        database.export_url()
        assert os.environ["DATABASE_URL"] == ""

    def test_where_waw_keeps_its_things(self, root, monkeypatch):
        """Where one says; else root's place, else one's own."""
        monkeypatch.setenv("WAW_DATA_DIR", f"{root}/../{root.name}")
        assert database.data_root() == root.resolve()

        monkeypatch.setenv("WAW_DATA_DIR", "")
        own = Path(platformdirs.user_data_dir("waw", appauthor=False))
        assert database.data_root() == (Path("/var/lib/waw") if IS_ROOT else own)
        with _without_root():
            assert database.data_root() == own


class TestFreePort:
    """A port of loopback that nobody listens on."""

    def test_the_preferred_one_if_it_is_free(self):
        """Else any other."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            assert database.free_port(port) not in (port, 0)

        assert database.free_port(port) == port

    def test_a_cluster_gives_way(self, cluster):
        """Whoever has its port keeps it."""
        with socket.socket() as stranger:
            stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                stranger.bind(("127.0.0.1", database.PREFERRED_PORT))
                stranger.listen()
            except OSError:
                pass  # somebody has it: as good

            assert _port(database.start(cluster)) != database.PREFERRED_PORT

    def test_on_windows_a_port_is_never_shared(self, monkeypatch):
        """The option that would allow it there is not set."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            monkeypatch.setattr(os, "name", "nt")
            found = database.free_port(port)
            monkeypatch.undo()

        assert found not in (port, 0)

    def test_none_is_free(self, monkeypatch):
        """It is said in words."""

        class Taken(socket.socket):
            def bind(self, address):
                raise OSError(address)

        monkeypatch.setattr(socket, "socket", Taken)

        with pytest.raises(DatabaseUnavailable, match="No port is free"):
            database.free_port(database.PREFERRED_PORT)
