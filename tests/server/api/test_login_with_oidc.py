"""Signing in with the browser, against a real OpenID provider that checks PKCE."""

import secrets
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from tests.issuer.browser import visit
from tests.server.api.conftest import code_of
from waw_server.accounts.models import AuthCache, OidcIdentity, User

pytestmark = pytest.mark.issuer
LOGIN = """
mutation ($input: LoginWithOidcInput!) {
  loginWithOidc(input: $input) {
    __typename
    ... on LoginSuccess { accessToken refreshToken userId }
    ... on OidcRefused { message }
    ... on OidcUnavailable { message }
  }
}
"""
SIGN_IN = "{ browserSignIn { authorizationEndpoint clientId scope hostedDomain } }"
REDIRECT = "http://127.0.0.1:43210/"


@pytest.fixture
def came_back(post, issuer):
    """Return a function that signs in at the issuer and returns what a tracker would send."""

    def came_back(login="alice"):
        begin = post(SIGN_IN)["data"]["browserSignIn"]
        verifier, nonce, state = (secrets.token_urlsafe(32) for _ in range(3))
        asked = {
            "response_type": "code",
            "client_id": begin["clientId"],
            "scope": begin["scope"],
            "redirect_uri": REDIRECT,
            "state": state,
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
        }
        url = f"{begin['authorizationEndpoint']}?{urlencode(asked)}"
        found = parse_qs(urlsplit(visit(url, login, until=REDIRECT)).query)
        assert found["state"] == [state]
        return {
            "code": found["code"][0],
            "codeVerifier": verifier,
            "nonce": nonce,
            "redirectUri": REDIRECT,
        }

    return came_back


def _outcome(post, sent):
    return post(LOGIN, {"input": sent})["data"]["loginWithOidc"]


def test_how_a_session_begins(post, came_back, alice):
    """With a token that works, for the device that was named, and the subject remembered."""
    sent = came_back() | {"deviceId": "7" * 32, "deviceName": "Linux tracker"}

    outcome = _outcome(post, sent | {"email": "alice@example.com"})

    assert (outcome["__typename"], outcome["userId"]) == ("LoginSuccess", str(alice.pk))
    profile = post("{ profile { email } }", token=outcome["accessToken"])
    assert profile["data"]["profile"]["email"] == "alice@example.com"
    session = AuthCache.objects.get()
    assert (session.device_id.hex, session.device_name) == ("7" * 32, "Linux tracker")
    assert OidcIdentity.objects.get().subject == "alice"


@pytest.mark.parametrize(
    "login, changes, words",
    [
        ("alice", {"codeVerifier": "x" * 43}, "not valid"),
        ("alice", {"nonce": "x" * 43}, "not valid"),
        ("alice", {"code": "made-up"}, "not valid"),
        ("alice", {"redirectUri": "http://127.0.0.1:43211/"}, "not valid"),
        ("unverified-alice", {}, "has not been verified"),
        ("nobody", {}, "no account"),
        ("alice", {"email": "bob@example.com"}, "another account"),
    ],
)
def test_what_is_refused(post, came_back, alice, bob, login, changes, words):
    """Each by its reason, as a member of the union; nothing is written."""
    outcome = _outcome(post, came_back(login) | changes)

    assert outcome["__typename"] == "OidcRefused"
    assert words in outcome["message"]
    assert not AuthCache.objects.exists()
    assert not OidcIdentity.objects.exists()


def test_a_code_is_good_once(post, came_back, alice):
    sent = came_back()
    assert _outcome(post, sent)["__typename"] == "LoginSuccess"

    assert _outcome(post, sent)["__typename"] == "OidcRefused"
    assert AuthCache.objects.count() == 1


def test_another_subject_with_her_address(post, came_back, alice):
    """An address that went to somebody else at the issuer."""
    _outcome(post, came_back("alice"))

    assert _outcome(post, came_back("other-alice"))["__typename"] == "OidcRefused"


def test_whoever_is_switched_off(post, came_back, alice):
    """Told the same as whoever never was here."""
    stranger = _outcome(post, came_back("nobody"))
    User.objects.update(is_active=False)

    assert _outcome(post, came_back()) == stranger


@pytest.mark.parametrize(
    "login, kind", [("alice", "LoginSuccess"), ("elsewhere-alice", "OidcRefused")]
)
def test_one_organisation_only(post, came_back, alice, settings, login, kind):
    settings.OIDC_HOSTED_DOMAIN = "example.com"

    assert post(SIGN_IN)["data"]["browserSignIn"]["hostedDomain"] == "example.com"
    assert _outcome(post, came_back(login))["__typename"] == kind


def test_whoever_is_erased_at_the_same_moment(post, came_back, alice, monkeypatch):
    """Between being known and the session, somebody may be switched off or erased."""
    from waw_server.accounts import services

    def gone(**_given):
        raise services.WrongCredentials

    monkeypatch.setattr(services, "begin_session", gone)  # a race cannot be had on purpose

    assert _outcome(post, came_back())["__typename"] == "OidcRefused"


def test_an_issuer_that_is_down(post, alice, issuer, settings):
    """It says so, and a password works as ever."""
    settings.OIDC_ISSUER = "http://127.0.0.1:9"
    sent = {"code": "c", "codeVerifier": "v" * 43, "redirectUri": REDIRECT, "nonce": "n" * 16}

    outcome = _outcome(post, sent)

    assert outcome["__typename"] == "OidcUnavailable"
    assert "A password works as ever." in outcome["message"]
    assert post(SIGN_IN)["data"]["browserSignIn"] is None
    login = "mutation ($input: LoginInput!) { login(input: $input) { __typename } }"
    account = {"email": "alice@example.com", "password": "alice's password"}
    assert post(login, {"input": account})["data"]["login"]["__typename"] == "LoginSuccess"


def test_where_it_is_not_set_up(post, alice, issuer, settings):
    settings.OIDC_DESKTOP_CLIENT_ID = ""
    sent = {"code": "c", "codeVerifier": "v" * 43, "redirectUri": REDIRECT, "nonce": "n" * 16}

    assert post(SIGN_IN) == {"data": {"browserSignIn": None}}
    assert "not set up" in _outcome(post, sent)["message"]


@pytest.mark.parametrize(
    "changes",
    [
        {"code": ""},
        {"code": "c" * 2049},
        {"code": "c\n"},
        {"codeVerifier": "v" * 42},
        {"codeVerifier": "v" * 129},
        {"nonce": "n" * 15},
        {"redirectUri": "https://evil.example.com/"},
        {"redirectUri": "http://127.0.0.1/"},
        {"redirectUri": "http://127.0.0.1:x/"},
        {"redirectUri": "http://localhost:43210/"},
        {"redirectUri": "http://127.0.0.1:43210@evil.example.com/"},
    ],
)
def test_what_no_tracker_sends(post, issuer, changes):
    """It is refused before the issuer hears of it."""
    sent = {"code": "c", "codeVerifier": "v" * 43, "redirectUri": REDIRECT, "nonce": "n" * 16}

    assert code_of(post(LOGIN, {"input": sent | changes})) == "BAD_USER_INPUT"


@pytest.mark.parametrize("field", ["email", "deviceName"])
def test_a_nul_written_as_graphql_may_is_refused(post, issuer, field):
    literal = (
        f'code: "c", codeVerifier: "{"v" * 43}", redirectUri: "{REDIRECT}",'
        f' nonce: "{"n" * 16}", {field}: "\\u{{0}}"'
    )

    answer = post(f"mutation {{ loginWithOidc(input: {{ {literal} }}) {{ __typename }} }}")

    assert code_of(answer) == "BAD_USER_INPUT"
