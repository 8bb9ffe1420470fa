"""From a forgotten password to a new one, by a letter; and nothing told to whoever asks."""

import logging
import re

import pytest
from django.core.cache import cache
from django.http import HttpRequest
from django.test import Client

from waw_server.accounts.models import User
from waw_server.web import letters

PASSWORD = "alice's next password"


@pytest.fixture(autouse=True)
def nobody_asked_before():
    """Forget when letters were sent."""
    cache.clear()


@pytest.fixture
def ask(mailoutbox):
    """Return a function that fills in the form and returns the reply and the letters."""

    def ask(email, browser=None):
        before = len(mailoutbox)
        reply = (browser or Client()).post("/password/reset", {"email": email})
        letters.POST.submit(int).result()  # all that was handed in before has been sent
        return reply, mailoutbox[before:]

    return ask


def _path(letter):
    (link,) = re.findall(r"http://testserver(/password/reset/\S+)", letter.body)
    return link


def _chosen(browser, password=PASSWORD):
    return browser.post(
        "/password/reset/new", {"new_password1": password, "new_password2": password}
    )


def test_from_the_letter_to_the_new_password(alice, ask):
    """In the browser in which the link is opened; one that was signed in elsewhere is out."""
    elsewhere = Client()
    assert elsewhere.login(
        request=HttpRequest(), username="alice@example.com", password="alice's password"
    )
    browser = Client()
    assert "Forgotten" in browser.get("/password/reset").content.decode()

    reply, (letter,) = ask("Alice@example.com", browser)

    assert reply["Location"] == "/password/reset/sent"
    assert letter.to == ["alice@example.com"]
    arrived = browser.get(_path(letter))
    assert (arrived["Location"], arrived["Referrer-Policy"]) == (
        "/password/reset/new",
        "no-referrer",
    )
    assert "alice@example.com" in browser.get("/password/reset/new").content.decode()
    assert "too short" in _chosen(browser, "short").content.decode()
    assert _chosen(browser)["Location"] == "/password/reset/done"
    assert "counts" in browser.get("/password/reset/done").content.decode()
    assert Client().login(request=HttpRequest(), username="alice@example.com", password=PASSWORD)
    assert not Client().login(
        request=HttpRequest(), username="alice@example.com", password="alice's password"
    )
    assert "_auth_user_id" in elsewhere.session
    assert "next=" in elsewhere.get("/admin/").headers["Location"]


def test_a_link_works_once(alice, ask):
    _, (letter,) = ask("alice@example.com")
    browser = Client()
    browser.get(_path(letter))
    _chosen(browser)

    again = Client()
    again.get(_path(letter))

    assert "works no longer" in _chosen(again, "a thief's password").content.decode()
    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.parametrize("case", ["unknown", "switched off", "without a password"])
def test_whoever_gets_no_letter_is_answered_alike(alice, bob, ask, case):
    """The same status, headers and pages, byte for byte; and nothing is sent."""
    User.objects.filter(pk=bob.pk).update(
        is_active=case != "switched off",
        **({"password": "!"} if case == "without a password" else {}),
    )
    known, letters_to_her = ask("alice@example.com")
    other, letters_to_him = ask("eve@example.com" if case == "unknown" else "bob@example.com")

    assert (len(letters_to_her), letters_to_him) == (1, [])
    assert (known.status_code, known.content) == (other.status_code, other.content)
    assert dict(known.headers) == dict(other.headers)


def test_nobodys_mailbox_is_filled(alice, bob, ask):
    """One letter in five minutes to each, and the answer does not tell."""
    first, sent_first = ask("alice@example.com")
    second, sent_second = ask("alice@example.com")
    _, sent_to_him = ask("bob@example.com")

    assert [len(sent) for sent in (sent_first, sent_second, sent_to_him)] == [1, 0, 1]
    assert (first.status_code, first["Location"]) == (second.status_code, second["Location"])


def test_a_mail_server_that_is_down(alice, ask, settings, caplog):
    """Whoever asked is answered as ever; the log says what is wrong, and not for whom."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9

    reply, sent = ask("alice@example.com")

    assert (reply.status_code, sent) == (302, [])
    (record,) = [it for it in caplog.records if it.name == "waw_server.web.letters"]
    assert "was not sent: the mail server does not answer." in record.getMessage()
    assert "alice" not in caplog.text


def test_nothing_tells_the_token(alice, ask, caplog):
    """No log line and no page; the cookie goes with the form alone, and then away."""
    caplog.set_level(logging.DEBUG)
    _, (letter,) = ask("alice@example.com")
    token = _path(letter).rpartition("/")[2]
    browser = Client(enforce_csrf_checks=True)
    for method in ("post", "put", "head", "get"):  # as mail scanners may
        arrived = getattr(browser, method)(_path(letter))
        assert arrived.status_code == 302
    page = browser.get("/password/reset/new")

    cookie = arrived.cookies["waw-link"]
    assert (cookie["path"], cookie["httponly"]) == ("/password/reset/new", True)
    assert "Choose a password" in page.content.decode()
    assert token not in page.content.decode() + str(page.headers) + caplog.text


def test_a_forged_form_is_refused(alice, ask):
    """Another page can neither ask nor choose in somebody's name."""
    for url in ("/password/reset", "/password/reset/new"):
        reply = Client(enforce_csrf_checks=True).post(url, {"email": "alice@example.com"})
        assert reply.status_code in (403, 200)
        assert "works no longer" in reply.content.decode() or reply.status_code == 403


@pytest.mark.parametrize("url", ["/password/reset", "/password/reset/sent", "/password/reset/done"])
def test_the_pages_need_neither_script_nor_inline_style(db, url):
    page = Client().get(url).content.decode()

    assert re.findall(r"<script|<style|\sstyle=|\son\w+=|javascript:|https?://", page) == []
