"""Signing in to the pages, against a real OpenID provider that checks PKCE."""

import logging
from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import HttpRequest
from django.test import Client

from tests.issuer.browser import visit
from waw_server.accounts.invitations import invite
from waw_server.accounts.models import OidcIdentity, User

pytestmark = [pytest.mark.issuer, pytest.mark.django_db]
BACK = "http://testserver/auth/google/callback"


def _back(browser, login):
    """Go to the issuer and return the path of the way back."""
    begun = browser.get("/auth/google/")
    assert begun.status_code == 302, begun.content
    parts = urlsplit(visit(begun["Location"], login, until=BACK))
    return f"{parts.path}?{parts.query}"


def _came(browser, login="alice"):
    return browser.get(_back(browser, login))


def test_somebody_signs_in(alice, issuer):
    browser = Client()

    reply = _came(browser)

    assert (reply.status_code, reply["Location"]) == (302, "/auth/signed-in")
    assert reply["Referrer-Policy"] == "no-referrer"
    assert reply.cookies["waw-oidc"]["max-age"] == 0
    assert "alice@example.com" in browser.get("/auth/signed-in").content.decode()
    assert OidcIdentity.objects.get().user == alice


def test_staff_comes_to_the_admin(charlie, issuer):
    """Which asks for its second step as ever."""
    assert _came(Client(), "charlie")["Location"] == "/admin/"


def test_what_is_sent_along(issuer, settings):
    """State, nonce and challenge, each of 256 bits and new each time; no verifier."""
    settings.OIDC_HOSTED_DOMAIN = "example.com"
    asked = [parse_qs(urlsplit(Client().get("/auth/google/")["Location"]).query) for _ in range(2)]

    for it in asked:
        assert it["code_challenge_method"] == ["S256"]
        assert it["redirect_uri"] == [BACK]
        assert (it["scope"], it["hd"]) == (["openid email profile"], ["example.com"])
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[0][name][0]) == 43
        assert asked[0][name] != asked[1][name]


@pytest.mark.parametrize(
    "login, words",
    [("unverified-alice", "has not been verified"), ("nobody", "no account"), (None, "completed")],
)
def test_who_is_not_signed_in(alice, issuer, login, words):
    """The page says why; nobody is linked."""
    browser = Client()

    reply = _came(browser, login)

    assert reply.status_code in (400, 403)
    assert words in reply.content.decode()
    assert "_auth_user_id" not in browser.session
    assert not OidcIdentity.objects.exists()


def test_whoever_is_switched_off(alice, issuer):
    User.objects.update(is_active=False)

    assert _came(Client()).status_code == 403


def test_an_invitation_is_taken(issuer, now):
    from django.utils import timezone

    invite(email="eve@example.com", display_name="", by=None, now=timezone.now())

    assert _came(Client(), "eve")["Location"] == "/auth/signed-in"


@pytest.mark.parametrize(
    "_case, change",
    [
        ("another state", lambda path: path.replace("state=", "state=x")),
        ("no state", lambda path: path.partition("?")[0]),
        ("another issuer", lambda path: path.partition("&iss=")[0] + "&iss=https://x.example.com"),
        ("another code", lambda path: path.replace("code=", "code=x")),
    ],
)
def test_a_way_back_that_was_changed(alice, issuer, _case, change):
    """It signs nobody in, and there is no second try with the same secrets."""
    browser = Client()
    path = _back(browser, "alice")

    assert browser.get(change(path)).status_code in (400, 403)

    assert "_auth_user_id" not in browser.session
    assert browser.get(path).status_code == 400


def test_a_way_back_in_another_browser(alice, issuer):
    """Nobody is signed in by a link that somebody else has begun."""
    path = _back(Client(), "alice")

    assert Client().get(path).status_code == 400


def test_a_code_is_good_once(alice, issuer):
    """Even in the browser it belongs to, with its cookie put back."""
    browser = Client()
    path = _back(browser, "alice")
    cookie = browser.cookies["waw-oidc"].value
    browser.get(path)

    browser.cookies["waw-oidc"] = cookie

    assert browser.get(path).status_code == 403


def test_a_verifier_of_another_sign_in(alice, issuer):
    """The issuer checks PKCE: a code with another verifier is worth nothing."""
    from django.core import signing

    browser = Client()
    path = _back(browser, "alice")
    kept = signing.loads(browser.cookies["waw-oidc"].value)
    browser.cookies["waw-oidc"] = signing.dumps({**kept, "verifier": "x" * 43})

    assert browser.get(path).status_code == 403


def test_an_issuer_that_is_down(alice, issuer, settings):
    """Going and coming back; a password works as ever."""
    browser = Client()
    path = _back(browser, "alice")
    settings.OIDC_ISSUER = "http://127.0.0.1:9"

    for url in (path.partition("&iss=")[0], "/auth/google/"):
        reply = browser.get(url)
        assert reply.status_code == 503
        assert "A password works as ever." in reply.content.decode()
    assert browser.login(
        request=HttpRequest(), username="alice@example.com", password="alice's password"
    )


def test_where_it_is_not_set_up(issuer, settings):
    settings.OIDC_CLIENT_ID = ""

    for url in ("/auth/google/", "/auth/google/callback"):
        assert Client().get(url).status_code == 404
    assert Client().get("/auth/signed-in")["Location"] == "/admin/login/"


def test_nothing_tells_the_code(alice, issuer, caplog):
    """No log line has it, nor state, nonce or verifier."""
    caplog.set_level(logging.DEBUG, logger="django")
    browser = Client()
    path = _back(browser, "alice")
    browser.get(path.replace("state=", "state=x"))
    browser.get(path)

    for name in ("code", "state"):
        assert parse_qs(urlsplit(path).query)[name][0] not in caplog.text
