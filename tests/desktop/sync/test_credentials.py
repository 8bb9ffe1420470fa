"""A refresh token: in the system's keyring, or in memory, and nowhere else."""

import shutil
import subprocess
import threading
import time
from contextlib import ExitStack
from uuid import UUID

import keyring.errors
import pytest

from waw_desktop.core.retry import Answer
from waw_desktop.sync import credentials
from waw_desktop.sync.client import Profile, SyncClient
from waw_desktop.sync.credentials import RefreshToken, system_keyring

SERVER = "https://waw.example.org"
ALICE = "alice@example.org"
SHORT_S = 0.05


class InMemory:
    """A keyring that works."""

    def __init__(self):
        self.kept = {}

    def get_password(self, *owner):
        """Return what is kept."""
        return self.kept.get(owner)

    def set_password(self, *owner_and_password):
        """Keep it."""
        *owner, password = owner_and_password
        self.kept[tuple(owner)] = password

    def delete_password(self, *owner):
        """Delete it."""
        del self.kept[owner]


class Locked(InMemory):
    """A keyring that nobody unlocks."""

    def get_password(self, *_owner):
        """Refuse."""
        raise keyring.errors.KeyringLocked

    def set_password(self, *_owner_and_password):
        """Refuse."""
        raise keyring.errors.KeyringLocked


class Full(InMemory):
    """A keyring that takes nothing more."""

    def set_password(self, *_owner_and_password):
        """Refuse."""
        raise keyring.errors.PasswordSetError


class ReadOnly(InMemory):
    """A keyring that keeps what it has."""

    def delete_password(self, *_owner):
        """Refuse."""
        raise keyring.errors.PasswordDeleteError


class Hanging(InMemory):
    """A keyring that answers when it may."""

    def __init__(self):
        super().__init__()
        self.may_answer = threading.Event()

    def get_password(self, *owner):
        """Wait, then return what is kept."""
        self.may_answer.wait(10)
        return super().get_password(*owner)

    def set_password(self, *owner_and_password):
        """Wait, then keep it."""
        self.may_answer.wait(10)
        super().set_password(*owner_and_password)


def token_in(backend, server=SERVER, account=ALICE, limit_s=5.0):
    return RefreshToken(server, account, find=lambda: backend, limit_s=limit_s)


def wait_until(is_so):
    """Wait for what another thread does."""
    until_s = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < until_s
        time.sleep(0.005)


def test_outlives_the_program():
    """What one start keeps, the next one loads."""
    backend = InMemory()
    first = token_in(backend)

    assert first.load() is None
    assert first.keep("one")
    assert first.keep("two")
    assert first.is_kept

    second = token_in(backend)
    assert second.load() == "two"
    assert second.is_kept


def test_each_account_has_its_own():
    """Alice's token is neither bob's nor alice's on another server."""
    backend = InMemory()
    token_in(backend).keep("alice's")

    assert token_in(backend, account="bob@example.org").load() is None
    assert token_in(backend, server="https://other.example.org").load() is None
    assert backend.kept == {("WaW https://waw.example.org", ALICE): "alice's"}


def test_signed_out():
    """A token that is deleted is nowhere, and deleting none is no trouble."""
    backend = InMemory()
    token = token_in(backend)
    token.keep("one")

    assert token.keep(None)
    assert token.keep(None)

    assert backend.kept == {}
    assert token.load() is None
    assert not token.is_kept


def test_without_a_keyring():
    """The token is in memory for this program, and gone with it."""
    token = token_in(None)

    assert token.load() is None
    assert not token.keep("one")
    assert token.load() == "one"
    assert not token.is_kept
    assert token.keep(None)
    assert token.load() is None


def no_keyring():
    raise RuntimeError("no bus")


@pytest.mark.parametrize("find", [no_keyring, Locked])
def test_a_keyring_that_raises(find):
    """It is as if there were none, but what was to be deleted may still be there."""
    token = RefreshToken(SERVER, ALICE, find=find)

    assert token.load() is None
    assert not token.keep("one")
    assert token.load() == "one"
    assert not token.is_kept
    assert not token.keep(None)
    assert token.load() is None


def test_a_locked_keyring_is_asked_again():
    """What could not be read at first may be read later."""
    backend = InMemory()
    token_in(backend).keep("one")
    found = iter([Locked(), backend])
    token = RefreshToken(SERVER, ALICE, find=lambda: next(found))

    assert token.load() is None
    token._is_found = False
    assert token.load() == "one"


def test_a_keyring_that_takes_nothing_more():
    """A used token does not stay in it: shown again, it would look stolen."""
    backend = Full()
    backend.kept["WaW https://waw.example.org", ALICE] = "used"
    token = token_in(backend)

    assert not token.keep("new")

    assert backend.kept == {}
    assert token.load() == "new"


def test_a_keyring_that_deletes_nothing():
    """Whoever signs out learns that the token is still there, and it is not loaded again."""
    backend = ReadOnly()
    token = token_in(backend)
    token.keep("one")

    assert not token.keep(None)
    assert token.load() is None


def test_a_keyring_that_hangs():
    """It is waited for once; when it answers after all, the latest token is in it."""
    backend = Hanging()
    token = token_in(backend, limit_s=SHORT_S)

    assert token.load() is None
    token._limit_s = 60.0  # a second wait would be noticed
    assert not token.keep("one")
    assert not token.keep("two")
    assert token.load() == "two"
    assert not token.is_kept

    backend.may_answer.set()
    wait_until(lambda: token.is_kept)
    assert token_in(backend).load() == "two"
    assert token.keep("three")


def test_what_is_read_late_does_not_undo_a_sign_in():
    """A token that was kept meanwhile is the latest."""
    backend = Hanging()
    backend.kept["WaW https://waw.example.org", ALICE] = "old"
    token = token_in(backend, limit_s=SHORT_S)

    assert token.load() is None
    token.keep("new")
    backend.may_answer.set()

    wait_until(lambda: token.is_kept)
    assert token.load() == "new"


def test_what_is_written_late_is_not_called_kept():
    """A write that ends after the next began says nothing of that."""
    backend = InMemory()
    token = token_in(backend)
    token._latest = "two"

    assert token._write("one")
    assert not token.is_kept


@pytest.mark.parametrize("viable", [False, True])
def test_only_the_keyrings_of_the_systems_are_trusted(monkeypatch, viable):
    """Whatever keyring was configured to use, which may write plain text, is not asked."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    trusted = type("Trusted", (InMemory,), {"viable": viable})
    monkeypatch.setattr(credentials, "_trusted", lambda: (trusted,))

    assert isinstance(system_keyring(), trusted if viable else type(None))


def test_what_is_trusted_encrypts():
    """The list holds what Windows, macOS and the Secret Service offer, and no more."""
    names = [f"{it.__module__}.{it.__name__}" for it in credentials._trusted()]

    assert names == [
        "keyring.backends.Windows.WinVaultKeyring",
        "keyring.backends.macOS.Keyring",
        "keyring.backends.SecretService.Keyring",
    ]


def test_without_a_bus_there_is_none(monkeypatch, tmp_path):
    """Where nothing answers, that is found out and not waited for."""
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/none")

    assert system_keyring() is None


@pytest.fixture
def gnome_keyring(tmp_path, monkeypatch):
    """Run GNOME's keyring on a bus of the test's own, and return where it keeps its files."""
    for program in ("dbus-daemon", "gnome-keyring-daemon"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed: no real keyring to try")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    bus = ["dbus-daemon", "--session", "--nofork", "--print-address=1"]
    bus += [f"--address=unix:path={tmp_path}/bus"]
    ring = ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"]
    with ExitStack() as stack:

        def run(argv):
            process = stack.enter_context(
                subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            )
            stack.callback(process.kill)  # a gentler signal is not heeded by all
            return process

        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", run(bus).stdout.readline().decode().strip())
        password = run(ring).stdin
        password.write(b"of the session")
        password.close()
        wait_until(lambda: system_keyring() is not None)
        yield tmp_path / "data"


def test_a_real_keyring(gnome_keyring):
    """GNOME's keeps the token for the next start, encrypted on disk, until it is deleted."""
    token = RefreshToken(SERVER, ALICE)

    assert token.load() is None
    assert token.keep("the-first-token")
    assert token.keep("the-second-token")
    assert RefreshToken(SERVER, ALICE).load() == "the-second-token"
    files = [path for path in gnome_keyring.rglob("*") if path.is_file()]
    assert files
    assert not any(b"-token" in path.read_bytes() for path in files)

    assert token.keep(None)
    assert RefreshToken(SERVER, ALICE).load() is None


def client_of(transport, backend):
    token = token_in(backend)
    return SyncClient(transport, keep=token.keep, load=token.load)


def test_a_session_goes_on_at_the_next_start(server, transport):
    """Without a password, with the token that the last refresh gave."""
    backend = InMemory()
    client_of(transport, backend).login(ALICE, "correct horse", UUID(int=1), "")

    assert isinstance(client_of(transport, backend).profile(), Profile)
    assert list(backend.kept.values()) == ["refresh-2"]
    assert isinstance(client_of(transport, backend).profile(), Profile)
    assert [it["refreshToken"] for it in server.sent("RefreshSession")] == [
        "refresh-1",
        "refresh-2",
    ]


@pytest.mark.parametrize("end", ["logout", "ended", "erased", "forget"])
def test_a_session_that_is_over_is_not_kept(server, transport, end):
    """However it ends, nothing is left in the keyring."""
    backend = InMemory()
    client = client_of(transport, backend)
    client.login(ALICE, "correct horse", UUID(int=1), "")
    server.valid.clear()
    server.session_lasts, server.erased = end != "ended", end == "erased"

    {"logout": client.logout, "forget": client.forget}.get(end, client.profile)()

    assert backend.kept == {}
    assert not client_of(transport, backend).go_on()
    assert ("Logout" in server.operations()) == (end == "logout")


def test_signed_out_without_the_server(server, transport):
    """The token is deleted here in any case, and the session ends by itself there."""
    backend = InMemory()
    client = client_of(transport, backend)
    client.login(ALICE, "correct horse", UUID(int=1), "")
    server.faults = ["unheard"]

    assert client.logout().answer is Answer.NO_ANSWER
    assert backend.kept == {}
