"""Signing in with the browser: what comes back to the loopback, and what does not count.

The issuer and our server are real ones in tests/journeys/test_sign_in_by_browser.py; here both are
scripted, for answers that they never give.
"""

import socket
import threading
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
import requests

from waw_desktop.core.retry import Answer
from waw_desktop.sync.browser import CameBack, Loopback, NotSignedIn, sign_in
from waw_desktop.sync.client import Code, SignedIn, SyncClient, WrongPassword
from waw_desktop.sync.transport import Failure

DEVICE = UUID(int=1)
DOWN = Failure(Answer.NO_ANSWER, "the server does not answer")
BEGIN = {
    "authorizationEndpoint": "https://id.example.com/authorize",
    "clientId": "waw-desktop",
    "scope": "openid email",
    "hostedDomain": None,
}
SUCCESS = {
    "__typename": "LoginSuccess",
    "accessToken": "a",
    "refreshToken": "r",
    "accessExpiresInS": 300,
}


class Scripted:
    """A way to a server that answers what it was told."""

    def __init__(self, begin=BEGIN, login=SUCCESS):
        self.replies = {"browserSignIn": begin, "loginWithOidc": login}
        self.sent = {}

    def send(self, operation, variables, token=None):
        """Answer one operation."""
        assert token is None
        self.sent[operation] = variables
        reply = self.replies[operation]
        return reply if isinstance(reply, Failure) else {operation: reply}


def _get(url):
    with requests.Session() as browser:
        browser.trust_env = False
        return browser.get(url, timeout=5)


def _asked(url):
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def person(**brings):
    """Return a browser in which somebody signs in at once, and brings that back."""

    def open_url(url):
        asked = _asked(url)
        back = {"state": asked["state"], **brings}
        query = "&".join(f"{name}={value}" for name, value in back.items())
        threading.Thread(target=_get, args=(f"{asked['redirect_uri']}?{query}",)).start()
        return True

    return open_url


def _client(transport):
    return SyncClient(transport)


def _sign_in(transport, open_url, wait_s=10.0):
    client = _client(transport)
    outcome = sign_in(
        client, "alice@example.com", DEVICE, "tracker", open_url=open_url, wait_s=wait_s
    )
    assert client.is_signed_in == isinstance(outcome, SignedIn)
    return outcome


def test_signs_in():
    """The code goes to our server with what belongs to it, and nothing of it to the browser."""
    transport, opened = Scripted(), []

    def open_url(url):
        opened.append(url)
        return person(code="c-1")(url)

    assert _sign_in(transport, open_url) == SignedIn()

    sent, asked = transport.sent["loginWithOidc"]["input"], _asked(opened[0])
    assert opened[0].startswith("https://id.example.com/authorize?response_type=code&")
    assert (sent["code"], sent["redirectUri"]) == ("c-1", asked["redirect_uri"])
    assert (sent["nonce"], sent["email"]) == (asked["nonce"], "alice@example.com")
    assert (sent["deviceId"], sent["deviceName"]) == (str(DEVICE), "tracker")
    assert (asked["code_challenge_method"], asked["login_hint"]) == ("S256", "alice@example.com")
    assert sent["codeVerifier"] not in opened[0]
    assert len({sent["codeVerifier"], asked["state"], asked["nonce"]}) == 3
    assert "hd" not in asked


def test_an_endpoint_with_a_query_and_an_organisation():
    begin = BEGIN | {
        "authorizationEndpoint": "http://127.0.0.1:1/authorize?a=b",
        "hostedDomain": "example.com",
    }
    opened = []

    def open_url(url):
        opened.append(_asked(url))
        return False

    _sign_in(Scripted(begin), open_url)

    assert (opened[0]["a"], opened[0]["hd"]) == ("b", "example.com")


UNREADABLE = "the server's reply cannot be read"
NONE_HERE = "this server offers no sign-in with the browser at present"


@pytest.mark.parametrize(
    "begin, reason",
    [
        (None, NONE_HERE),
        (DOWN, DOWN.detail),
        ({"clientId": 5}, UNREADABLE),
        (BEGIN | {"authorizationEndpoint": "http://id.example.com/"}, NONE_HERE),
        (BEGIN | {"authorizationEndpoint": "file:///etc/passwd"}, NONE_HERE),
    ],
)
def test_where_no_browser_is_opened(begin, reason):
    def open_url(url):
        raise AssertionError(url)

    assert _sign_in(Scripted(begin), open_url) == NotSignedIn(reason)


@pytest.mark.parametrize(
    "login, reason",
    [
        ({"__typename": "OidcRefused", "message": "no account"}, "no account"),
        ({"__typename": "OidcUnavailable", "message": "not now"}, "not now"),
        ({"__typename": "OidcRefused"}, UNREADABLE),
        (SUCCESS | {"accessToken": None}, UNREADABLE),
        (DOWN, DOWN.detail),
    ],
)
def test_a_code_that_our_server_does_not_take(login, reason):
    assert _sign_in(Scripted(login=login), person(code="c")) == NotSignedIn(reason)


@pytest.mark.parametrize(
    "open_url, wait_s, reason",
    [
        (person(error="access_denied"), 10.0, "the sign-in was not completed"),
        (lambda _url: False, 10.0, "no browser could be opened"),
        (lambda _url: True, 0.0, "nobody signed in within the time"),
    ],
)
def test_a_person_who_does_not_sign_in(open_url, wait_s, reason):
    transport = Scripted()

    assert _sign_in(transport, open_url, wait_s) == NotSignedIn(reason)
    assert "loginWithOidc" not in transport.sent


def test_a_refusal_is_not_a_wrong_password_only():
    """The client gives the words of either."""
    transport = Scripted(login={"__typename": "OidcRefused", "message": "no account"})

    outcome = _client(transport).login_with_oidc(Code("c", "v", "u", "n"), "a", DEVICE, "t")

    assert outcome == WrongPassword("no account")
    assert repr(Code("c", "v", "u", "n")) == "Code(redirect_uri='u')"


@pytest.mark.parametrize("path", ["", "?code=c", "?state=wrong&code=c", "favicon.ico?state=right"])
def test_what_is_sent_away(path):
    """It does not keep the right one from coming."""
    with Loopback("right") as loopback:
        reply = _get(f"{loopback.address}{path}")
        assert reply.status_code == 404
        assert loopback.wait(0) is None

        reply = _get(f"{loopback.address}?state=right&code=c")

        assert reply.status_code == 200
        assert "close this window" in reply.text
        assert loopback.wait(5) == CameBack("c")


def test_a_connection_that_says_nothing_holds_nobody_up():
    """Browsers open some in advance."""
    with Loopback("right") as loopback:
        port = urlsplit(loopback.address).port
        with socket.create_connection(("127.0.0.1", port)):
            _get(f"{loopback.address}?state=right&code=c")
            assert loopback.wait(5) == CameBack("c")


def test_it_listens_on_this_machine_only_and_not_for_long(capfd):
    with Loopback("right") as loopback:
        host, port = urlsplit(loopback.address).hostname, urlsplit(loopback.address).port
        _get(f"{loopback.address}?state=right&code=secret")

    assert host == "127.0.0.1"
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=5)
    assert "secret" not in "".join(capfd.readouterr())
