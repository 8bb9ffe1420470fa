"""The playground and the admin in a real browser: they work, and keep to this host."""

import json
import os
import shutil
from base64 import b32decode
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from django_otp.oath import totp
from playwright.sync_api import Page, expect, sync_playwright

from waw_server.accounts.models import Consent, User
from waw_server.ops.serving import serving, serving_live

pytestmark = [pytest.mark.browser, pytest.mark.assets]

# A new browser asks its maker for this and that; here nobody would answer.
QUIET = ("--no-first-run", "--disable-background-networking", "--disable-component-update")


@pytest.fixture
def page(addresses):
    """Return a page of Debian's Chromium.

    Playwright runs an event loop in this thread, in which Django's database cannot be asked: all
    of that has to be done before.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", *QUIET]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
        yield page
        browser.close()


@pytest.fixture
def noted(page):
    """Return what the page did: the hosts that it asked, and what its console complained of."""
    hosts, complaints = set(), []
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page.on("websocket", lambda socket: hosts.add(urlsplit(socket.url).netloc))
    page.on("console", lambda it: complaints.append(it.text) if it.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return hosts, complaints


@pytest.fixture
def operator(transactional_db):
    """Return an operator who has no authenticator yet."""
    return User.objects.create_superuser("operator@example.com", "operator's password")


@pytest.fixture
def addresses(environment, monkeypatch, alice, operator):
    """Return where the two servers are, as `make serve` runs them; with the second step."""
    monkeypatch.setenv("ADMIN_TOTP", "1")
    Consent.objects.update(granted_at=timezone.now() - timedelta(hours=1))
    with serving_live(0) as live_url, serving(0, live_url) as url:
        yield url, live_url


def _ran(page: Page, name):
    """Run one of the operations of the tab, and return what the answer shows."""
    page.get_by_label("Execute query (Ctrl-Enter)").click()
    page.get_by_role("menuitem", name=name, exact=True).click()
    answer = page.locator(".result-window .CodeMirror")
    expect(answer).to_contain_text(name[0].lower() + name[1:], timeout=20_000)
    return json.loads(answer.evaluate("it => it.CodeMirror.getValue()"))["data"]


def _editor(page, label):
    """Return the editor of variables or of headers."""
    page.get_by_role("button", name=label, exact=True).click()
    return page.locator(".graphiql-editor-tool .graphiql-editor:not(.hidden) .CodeMirror")


def _written(page, label, value):
    editor = _editor(page, label)
    editor.evaluate("(it, value) => it.CodeMirror.setValue(value)", json.dumps(value))


def test_signing_in_and_storing_a_message(page, noted, addresses, alice):
    """As its first lines say; the live figures come by the socket of the other server."""
    url, live_url = addresses
    hosts, complaints = noted

    page.goto(f"{url}/playground")
    expect(page.locator(".graphiql-container")).to_be_visible(timeout=30_000)
    given = json.loads(_editor(page, "Variables").evaluate("it => it.CodeMirror.getValue()"))
    given["login"] |= {"email": alice.email, "password": "alice's password"}
    _written(page, "Variables", given)
    token = _ran(page, "Login")["login"]["accessToken"]
    _written(page, "Headers", {"Authorization": f"Bearer {token}"})
    assert _ran(page, "SyncBlinks")["syncBlinks"]["statuses"] == ["ACCEPTED"]
    assert _ran(page, "Profile")["profile"]["today"]["blinks"] in (0, 2)  # midnight may come
    assert _ran(page, "BlinkUpdates")["blinkUpdates"]["latestSyncAt"]
    _shot(page, "playground")

    assert complaints == []
    assert hosts <= {urlsplit(url).netloc, urlsplit(live_url).netloc, ""}
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_the_admin_and_its_second_step(page, noted, addresses, operator):
    """Setting it up, and pages of each kind: nothing is refused, nobody else is asked."""
    url, _ = addresses
    hosts, complaints = noted

    page.goto(f"{url}/admin/")
    page.get_by_label("Email").fill(operator.email)
    page.get_by_label("Password").fill("operator's password")
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("svg.segno")).to_be_visible()
    _shot(page, "second-step")
    key = b32decode(page.locator("code").inner_text().replace(" ", ""))
    page.get_by_label("Code:").fill(f"{totp(key):06}")
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("li code")).to_have_count(10)
    page.get_by_text("I have kept them").click()
    expect(page.get_by_role("heading", name="People and devices")).to_be_visible()
    for path in ("accounts/user/", "accounts/user/add/", f"accounts/user/{operator.pk}/change/"):
        page.goto(f"{url}/admin/{path}")
        expect(page.get_by_role("link", name="New backup codes")).to_have_count(0)

    assert complaints == []
    assert hosts == {urlsplit(url).netloc}


def _shot(page, name):
    """Take a picture for somebody to look at, if a folder was named."""
    if folder := os.environ.get("WAW_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/{name}.png")
