"""One account: what was agreed to for it, and the session in it."""

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from waw_desktop.account import Account, Accounts, now_utc
from waw_desktop.config import Settings
from waw_desktop.core.consents import Purpose, text_sha256
from waw_desktop.core.retry import Answer
from waw_desktop.host import agreements
from waw_desktop.sync.browser import NotSignedIn
from waw_desktop.sync.client import Done, Profile, SignedIn, WrongPassword
from waw_desktop.sync.credentials import RefreshToken
from waw_desktop.sync.outbox import Outbox, outbox_path
from waw_desktop.sync.transport import Failure

ALICE = "alice@example.org"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
CLOUD, LOCAL = Purpose.CLOUD_SYNC, Purpose.LOCAL_TRACKING


@pytest.fixture
def make(server, transport, tmp_path):
    """Make alice's account, or somebody's, with a token in memory."""

    def account(email=ALICE):
        token = RefreshToken(server.url, email, find=lambda: None)
        return Account(tmp_path, server.url, email, transport, token=token, clock=lambda: NOON)

    return account


@pytest.fixture
def account(make):
    account = make()
    account.sign_in("correct horse")
    return account


def test_nothing_is_agreed_beforehand(make, server):
    """And nothing is asked of the server to say so."""
    assert make().agreed() == {}
    assert server.requests == []


def test_agrees_to_each_purpose_alone(make):
    """The words, their language, version and time are remembered."""
    account = make()

    assert account.agree([LOCAL], "de")

    assert list(account.agreed()) == [LOCAL]
    it = account.agreed()[LOCAL]
    assert (it.locale, it.version, it.agreed_at) == ("de", 1, NOON)
    assert it.text_sha256 == text_sha256(LOCAL, "de")
    account.agree([CLOUD], "en")
    assert list(account.agreed()) == [LOCAL, CLOUD]
    assert list(make("bob@example.org").agreed()) == [LOCAL]


def test_withdraws_from_the_server_too(account, server):
    """The rest stays as it was."""
    account.agree([LOCAL, CLOUD], "en")

    assert account.withdraw(CLOUD)

    assert list(account.agreed()) == [LOCAL]
    assert not server.consent_in_force


def test_what_stays_here_is_not_told(account, server):
    """The server knows nothing of tracking on this computer."""
    account.agree([LOCAL], "en")

    assert account.withdraw(LOCAL)

    assert account.agreed() == {}
    assert server.operations() == ["Login"]


def test_withdraws_without_the_server(account, server):
    """It holds here at once, and the server is told when it answers, once."""
    account.agree([CLOUD], "en")
    server.faults = ["unheard"]

    assert not account.withdraw(CLOUD)
    assert account.agreed() == {}
    assert server.consent_in_force

    assert account.tell()
    assert account.tell()
    assert not server.consent_in_force
    assert server.operations().count("WithdrawConsent") == 2


def test_agrees_anew_once_the_server_has_heard(account, server):
    """Else what was measured in between could be sent."""
    account.agree([CLOUD], "en")
    server.faults = ["unheard", "unheard"]
    account.withdraw(CLOUD)

    assert not account.agree([CLOUD], "en")
    assert account.agreed() == {}
    assert account.agree([CLOUD], "en")
    assert list(account.agreed()) == [CLOUD]


def test_a_server_that_never_heard_of_it(account, server):
    """There is nothing to withdraw there: it is not asked again."""
    account.agree([CLOUD], "en")
    server.faults = [400]

    assert account.withdraw(CLOUD)
    assert account.tell()
    assert server.operations().count("WithdrawConsent") == 1


def test_signs_in_as_this_device(make, server, tmp_path):
    """Under the number that its messages carry."""
    account = make()

    assert account.sign_in("wrong") == WrongPassword("Wrong password.")
    assert account.sign_in("correct horse") == SignedIn()

    with Outbox(outbox_path(tmp_path, server.url, ALICE)) as outbox:
        assert server.sent("Login")[-1]["input"]["deviceId"] == str(outbox.device_id)
    assert account.token.load() == "refresh-1"


def test_signs_in_with_the_browser(make, server):
    """A server without that says so."""
    server._operations["BrowserSignIn"] = lambda _variables: {"browserSignIn": None}

    outcome = make().sign_in_by_browser(lambda url: bool(parse_qs(urlsplit(url).query)))

    assert isinstance(outcome, NotSignedIn)


def test_signs_out(account, server):
    """A withdrawal is told in the last session there is."""
    account.agree([CLOUD], "en")
    server.faults = ["unheard"]
    account.withdraw(CLOUD)

    assert account.sign_out() == Done()

    assert server.operations()[-2:] == ["WithdrawConsent", "Logout"]
    assert account.token.load() is None
    assert account.client.profile() == Failure(Answer.SIGNED_OUT, "nobody is signed in")


def test_signs_out_though_the_agreements_cannot_be_read(account, tmp_path):
    """Whatever else is wrong, signing out works."""
    (tmp_path / agreements.FILE_NAME).mkdir()

    assert account.sign_out() == Done()


def test_goes_on_with_the_session(account, server):
    """Whoever speaks for the account does so in one session."""
    assert isinstance(account.client.profile(), Profile)
    assert server.operations() == ["Login", "Profile"]


def test_one_client_for_an_account(tmp_path):
    """However often it is asked for, as long as the way to it is the same."""
    accounts, settings = Accounts(), Settings(data_dir=tmp_path)
    first = accounts.of(settings, "https://waw.example.org", ALICE)

    assert accounts.of(settings, "https://waw.example.org", ALICE) is first
    assert accounts.of(settings, "https://waw.example.org", "bob@example.org") is not first
    proxied = replace(settings, proxy="http://proxy.example.org")
    assert accounts.of(proxied, "https://waw.example.org", ALICE) is not first


def test_the_time_has_a_zone():
    assert now_utc().tzinfo is UTC
