"""Signing in with the browser, from the command's own code to the stored minutes.

The tracker's code, our server in a process of its own and a real OpenID provider that checks
PKCE; only the browser is a program, which fills in the provider's forms.
"""

import threading
import time

import pytest
import requests

from tests.issuer.browser import visit
from waw_desktop.app import Task, track
from waw_desktop.config import Settings
from waw_desktop.core.consents import Purpose
from waw_desktop.core.readings import Closure, Kind, Reading, State
from waw_server.accounts.models import AuthCache, OidcIdentity
from waw_server.blinks.models import Message
from waw_server.ops.serving import serving

pytestmark = pytest.mark.issuer


class Eyes:
    """A detector that has seen twelve seconds, and one blink."""

    def __init__(self):
        now_s = time.monotonic()
        seen = [
            Reading(now_s - 12 + i / 4, State.TRACKING, 1.0, (), now_s - 12.3 + i / 4)
            for i in range(48)
        ]
        closure = Closure(now_s - 6.2, now_s - 6.1, now_s - 6, 0.9, Kind.COMPLETE)
        seen[24] = Reading(now_s - 6, State.TRACKING, 1.0, (closure,), now_s - 6.3)
        self.readings = [*seen, Reading(now_s, State.ENDED, None, (), now_s)]

    def __call__(self, _source):
        """Begin."""
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        pass

    def poll(self, _timeout_s):
        """Return the next reading."""
        return self.readings.pop(0)


class Paper:
    """A screen that keeps what was said."""

    def __init__(self):
        self.lines = []

    def say(self, line):
        """Keep a line."""
        self.lines.append(line)

    def show(self, live):
        """Forget it."""


@pytest.fixture
def served(environment, issuer_url, monkeypatch):
    """Return the address of our server, which trusts the provider."""
    monkeypatch.setenv("OIDC_ISSUER", issuer_url)
    monkeypatch.setenv("OIDC_DESKTOP_CLIENT_ID", "waw-desktop")
    with serving(preferred_port=0) as url:
        yield url


def _browser_of(login):
    """Return what the tracker opens: a browser in which somebody signs in."""

    def go(url):
        back = visit(url, login, until="http://127.0.0.1:" + _port(url))
        with requests.Session() as browser:
            browser.trust_env = False
            assert "close this window" in browser.get(back, timeout=10).text

    def open_url(url):
        threading.Thread(target=go, args=(url,)).start()
        return True

    return open_url


def _port(url):
    from urllib.parse import parse_qs, urlsplit

    (redirect,) = parse_qs(urlsplit(url).query)["redirect_uri"]
    return str(urlsplit(redirect).port)


def _tracked(served, tmp_path, login, account="alice@example.com"):
    paper = Paper()
    task = Task(
        source="portrait",
        server_url=served,
        account=account,
        open_url=_browser_of(login),
        agrees_to=(Purpose.LOCAL_TRACKING, Purpose.CLOUD_SYNC),
    )
    summary = track(task, Settings(data_dir=tmp_path, seal_s=10), Eyes(), paper)
    return summary, paper.lines


def test_from_the_browser_to_the_stored_minutes(served, tmp_path, alice):
    summary, lines = _tracked(served, tmp_path, "alice")

    assert lines == ["Sign in as alice@example.com in the browser."]
    assert (summary.detected, summary.pending) == (1, 0)
    assert summary.synced == summary.messages_sealed == Message.objects.filter(user=alice).count()
    assert str(AuthCache.objects.get().device_id) == summary.device_id
    assert OidcIdentity.objects.get().user == alice


@pytest.mark.parametrize(
    "login, words",
    [("bob", "another account"), ("unverified-alice", "verified"), (None, "not completed")],
)
def test_whoever_is_not_signed_in_loses_nothing(served, tmp_path, alice, bob, login, words):
    """It is said why; what was measured is kept, and nobody else gets it."""
    summary, lines = _tracked(served, tmp_path, login)

    assert words in lines[1]
    assert "What is measured is kept here, and goes later." in lines[1]
    assert summary.pending == summary.messages_sealed > 0
    assert not Message.objects.exists()
    assert not AuthCache.objects.exists()
