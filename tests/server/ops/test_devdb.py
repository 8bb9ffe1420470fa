"""`manage.py devdb`: the embedded PostgreSQL by hand."""

import io

import psycopg
import pytest
from django.core.management import CommandError, call_command

from waw_server.ops import database


@pytest.fixture
def devdb(root, monkeypatch):
    """Return a function that runs the command and returns what it says."""
    monkeypatch.setenv("WAW_DATA_DIR", str(root))

    def devdb(action):
        said = io.StringIO()
        call_command("devdb", action, stdout=said)
        return said.getvalue().strip()

    yield devdb
    database.stop(database.cluster())


def test_start_status_and_stop(devdb):
    """Each says how it stands, and where the data is."""
    it = database.cluster()
    stopped = f"stopped; data in {it.data_dir}"
    assert devdb("status") == stopped

    running = devdb("start")

    url = database.url_of(it.home)
    assert url is not None
    port = psycopg.conninfo.conninfo_to_dict(url)["port"]
    assert running == (
        f"running on 127.0.0.1:{port}; data in {it.data_dir}; password in {it.password_file}"
    )
    assert devdb("start") == devdb("status") == running
    assert devdb("stop") == devdb("stop") == devdb("status") == stopped


def test_what_goes_wrong_is_said_in_words(devdb, root, monkeypatch):
    """As a command's error, without a traceback."""
    monkeypatch.setattr(database, "START_TRIES", 1)
    it = database.cluster()
    database._make_home(it)
    it.data_dir.write_text("a file of somebody's")

    with pytest.raises(CommandError, match="pg_ctl failed"):
        devdb("start")
