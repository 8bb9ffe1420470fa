"""An account of the tracker's window against the real server."""

import pytest

from waw_desktop.account import Account
from waw_desktop.core.consents import Purpose
from waw_desktop.sync.client import Done, LockedOut, Profile, SignedIn, WrongPassword
from waw_desktop.sync.credentials import RefreshToken
from waw_desktop.sync.transport import Transport
from waw_server.accounts.models import AuthCache, Consent


class Drawer:
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


@pytest.fixture
def start(live_server, alice, tmp_path):
    """Return a function that starts the program anew, with the same keyring."""
    drawer, transports = Drawer(), []

    def start():
        transport = Transport(live_server.url)
        transports.append(transport)
        token = RefreshToken(live_server.url, alice.email, find=lambda: drawer)
        return Account(tmp_path, live_server.url, alice.email, transport, token=token)

    yield start
    for it in transports:
        it.close()


def test_the_session_goes_on_for_many_starts(start):
    """With the password once; each start shows the token that the one before was given."""
    assert start().sign_in("alice's password") == SignedIn()

    for _ in range(5):
        assert isinstance(start().client.profile(), Profile)

    assert AuthCache.objects.filter(revoked_at=None).count() == 1


def test_signing_out_ends_it_for_good(start):
    start().sign_in("alice's password")

    assert start().sign_out() == Done()

    assert not start().client.go_on()
    assert not AuthCache.objects.filter(revoked_at=None).exists()


def test_ten_wrong_passwords(start):
    """The server says for how long to wait."""
    account = start()
    outcomes = [account.sign_in("wrong") for _ in range(11)]

    assert isinstance(outcomes[0], WrongPassword)
    assert isinstance(outcomes[-1], LockedOut)
    assert 0 < outcomes[-1].retry_after_s <= 600


def test_withdrawing_what_the_server_knows(start):
    account = start()
    account.sign_in("alice's password")
    account.agree([Purpose.CLOUD_SYNC], "de")
    it = account.agreed()[Purpose.CLOUD_SYNC]
    account.client.grant_consent(it.text_sha256, it.agreed_at, it.agreed_at)
    assert Consent.objects.get(withdrawn_at=None).text_hash == it.text_sha256

    assert account.withdraw(Purpose.CLOUD_SYNC)

    assert not Consent.objects.filter(withdrawn_at=None).exists()


def test_withdrawing_what_the_server_never_heard_of(start):
    """There is nothing to end there, and it is not asked again."""
    Consent.objects.all().delete()
    account = start()
    account.sign_in("alice's password")
    account.agree([Purpose.CLOUD_SYNC], "en")

    assert account.withdraw(Purpose.CLOUD_SYNC)
    assert account.tell()
    assert account.agree([Purpose.CLOUD_SYNC], "en")
