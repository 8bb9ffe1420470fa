"""From the admin's form to a first sign-in, by a letter and its link."""

import logging
import re
import socketserver
import threading
from datetime import timedelta

import pytest
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone

from waw_server.accounts import invitations
from waw_server.accounts.models import Invitation, User

pytestmark = pytest.mark.django_db(transaction=True)  # letters leave once it is stored

INVITATIONS = "/admin/accounts/invitation/"
PASSWORD = "eve's long password"
SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.fixture
def invite(operator, mailoutbox):
    """Return a function that fills in the form and returns the path in the letter."""

    def invite(email="eve@example.com"):
        reply = operator.post(f"{INVITATIONS}add/", {"email": email, "display_name": "Eve"})
        assert reply.status_code == 302, reply.context["errors"]
        return _path(mailoutbox[-1])

    return invite


@pytest.fixture
def browser():
    """Return a browser of somebody's that takes forged forms seriously."""
    return Client(enforce_csrf_checks=True)


def _path(letter):
    (link,) = re.findall(r"http://testserver(/\S+)", letter.body)
    return link


def _followed(browser, path):
    """Follow a link to the form and return the page."""
    reply = browser.get(path)
    assert (reply.status_code, reply["Location"]) == (302, "/invitation/")
    return browser.get(reply["Location"]).content.decode()


def _chosen(browser, password=PASSWORD, again=None):
    page = browser.get("/invitation/").content.decode()
    (token,) = re.findall(r'csrfmiddlewaretoken" value="(\w+)"', page)
    form = {"new_password1": password, "new_password2": again or password}
    return browser.post(
        "/invitation/",
        {**form, "csrfmiddlewaretoken": token},
        headers={"Origin": "http://testserver"},  # as a browser sends it from such a page
    )


def test_from_the_letter_to_the_first_sign_in(invite, browser, mailoutbox):
    """Somebody new is in with the password they chose."""
    page = _followed(browser, invite("Eve@Example.com"))

    assert "eve@example.com" in page
    reply = _chosen(browser)
    assert (reply.status_code, reply["Location"]) == (302, "/invitation/done")
    assert "is ready" in browser.get("/invitation/done").content.decode()
    assert Client().login(request=HttpRequest(), username="eve@example.com", password=PASSWORD)
    assert [letter.to for letter in mailoutbox] == [["eve@example.com"]]
    assert "Good day Eve" in mailoutbox[0].body


def test_a_link_works_once(invite, browser):
    path = invite()
    _followed(browser, path)
    _chosen(browser)

    assert "works no longer" in _followed(Client(), path)


def test_scanners_of_mail_use_nothing_up(invite, browser):
    """Whatever they ask with: none of it is a decision of the person."""
    path = invite()
    for method in ("get", "head", "post", "options", "put"):
        assert getattr(Client(enforce_csrf_checks=True), method)(path).status_code == 302
    _followed(Client(), path)

    assert "Choose a password" in _followed(browser, path)


@pytest.mark.parametrize(
    "_case, password, again, problem",
    [
        ("too short", "short", None, "too short"),
        ("too common", "password1", None, "too common"),
        ("like the address", "eve@example", None, "too similar"),
        ("typed twice, differently", PASSWORD, "eve's other password", "match"),
    ],
)
def test_passwords_that_are_refused(invite, browser, _case, password, again, problem):
    """The page says why, and the link goes on working."""
    _followed(browser, invite())

    reply = _chosen(browser, password, again)

    assert reply.status_code == 200
    assert problem in reply.content.decode()
    assert not User.objects.get(email="eve@example.com").is_active


def test_a_later_link_ends_the_former(invite, operator, browser, mailoutbox):
    """By the action of the list."""
    first = invite()
    reply = operator.post(
        INVITATIONS,
        {"action": "send_again", "_selected_action": [str(Invitation.objects.get().pk)]},
        follow=True,
    )

    assert "A link was sent to eve@example.com." in reply.content.decode()
    assert "works no longer" in _followed(Client(), first)
    assert "Choose a password" in _followed(browser, _path(mailoutbox[-1]))


def test_what_the_list_tells(invite, operator, browser):
    """Each with how far it has come."""
    _followed(browser, invite())
    _chosen(browser)
    invite("frank@example.com")
    invite("grace@example.com")
    Invitation.objects.filter(user__email="grace@example.com").update(
        created_at=timezone.now() - timedelta(days=8),
        expires_at=timezone.now() - timedelta(days=1),
    )

    page = operator.get(INVITATIONS).content.decode()

    emails = re.findall(r'class="field-email"><a [^>]*>(\w+)@', page)
    states = re.findall(r'class="field-state">([\w ]+)<', page)
    assert dict(zip(emails, states, strict=True)) == {
        "frank": "sent",
        "eve": "used",
        "grace": "expired",
    }
    pk = Invitation.objects.earliest("created_at").pk
    shown = operator.get(f"{INVITATIONS}{pk}/change/").content.decode()
    assert "operator@example.com" in shown
    assert 'name="_save"' not in shown


def test_withdrawing(invite, operator):
    path = invite()
    pk = str(Invitation.objects.get().pk)

    reply = operator.post(
        INVITATIONS, {"action": "withdraw", "_selected_action": [pk]}, follow=True
    )

    assert "1 withdrawn." in reply.content.decode()
    assert "works no longer" in _followed(Client(), path)
    history = operator.get(f"{INVITATIONS}{pk}/history/").content.decode()
    assert "Withdrew it." in history


def test_whoever_has_joined_is_not_invited(alice, operator, mailoutbox):
    """Neither by the form nor by the list."""
    reply = operator.post(f"{INVITATIONS}add/", {"email": "Alice@example.com"})

    assert "has an account already" in reply.content.decode()
    assert not mailoutbox


def test_a_new_link_for_whoever_has_joined_meanwhile(invite, operator, browser, mailoutbox):
    _followed(browser, invite())
    _chosen(browser)

    reply = operator.post(
        INVITATIONS,
        {"action": "send_again", "_selected_action": [str(Invitation.objects.get().pk)]},
        follow=True,
    )

    assert "Eve@example.com has joined already." in reply.content.decode()
    assert len(mailoutbox) == 1


class _Refuses(socketserver.StreamRequestHandler):
    """A mail server that takes no letter."""

    def handle(self):
        self.wfile.write(b"554 no service\r\n")


@pytest.mark.parametrize(
    "is_there, words",
    [(False, "the mail server does not answer"), (True, "does not take the letter")],
)
def test_a_letter_that_is_not_sent(operator, settings, is_there, words):
    """The operator is told, the invitation is kept, and a new link can be sent from the list."""
    with socketserver.TCPServer(("127.0.0.1", 0), _Refuses) as mail:
        settings.EMAIL_BACKEND, settings.EMAIL_PORT = SMTP, mail.server_address[1]
        settings.EMAIL_HOST = "127.0.0.1"
        if is_there:
            threading.Thread(target=mail.serve_forever, daemon=True).start()
        else:
            mail.server_close()
        reply = operator.post(f"{INVITATIONS}add/", {"email": "eve@example.com"}, follow=True)
        if is_there:
            mail.shutdown()

    page = reply.content.decode()
    assert "is kept, but its letter was not sent" in page
    assert words in page
    it = Invitation.objects.get()
    assert invitations.state(it, timezone.now()) == "not sent"


def test_nothing_tells_the_token(invite, browser, caplog):
    """No log line, no page, no referrer, no cookie that a script or another page can read."""
    path = invite()
    token = path.rpartition("/")[2]
    caplog.set_level(logging.DEBUG)

    arrived = browser.get(path)
    Client().post(path + "x")  # a wrong one is no reason to log it either
    page = browser.get("/invitation/")
    reply = _chosen(browser)

    cookie = arrived.cookies["waw-link"]
    assert arrived["Referrer-Policy"] == "no-referrer"
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/invitation/", True, "Lax")
    assert cookie["max-age"] == 3600
    assert token not in page.content.decode() + str(page.headers) + str(reply.headers)
    assert reply.cookies["waw-link"]["max-age"] == 0
    assert token not in caplog.text
    assert token.partition(".")[0] not in caplog.text


def test_the_pages_need_neither_script_nor_inline_style(invite, browser):
    """A policy of default-src 'none' and style-src 'self' changes nothing on them."""
    pages = [_followed(browser, invite()), _chosen(browser, "short").content.decode()]
    _chosen(browser)
    pages += [browser.get(url).content.decode() for url in ("/invitation/done", "/invitation/")]

    for page in pages:
        assert re.findall(r"<script|<style|\sstyle=|\son\w+=|javascript:|https?://", page) == []
        assert 'lang="en"' in page


@pytest.mark.parametrize("client_id", ["", "waw-web"])
def test_the_other_way_in(invite, browser, settings, client_id):
    """It is offered where it is set up."""
    settings.OIDC_CLIENT_ID = client_id

    assert ("/auth/google/" in _followed(browser, invite())) == bool(client_id)


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_but_operators(charlie, method):
    """Staff without the permission invites nobody and sees nobody."""
    browser = Client()
    browser.force_login(charlie)

    for url in (INVITATIONS, f"{INVITATIONS}add/"):
        assert getattr(browser, method)(url, {"email": "x@example.com"}).status_code == 403
    assert not Invitation.objects.exists()


def test_whoever_only_looks_can_do_nothing(charlie, invite):
    """The permission to view brings no actions."""
    from django.contrib.auth.models import Permission

    invite()
    charlie.user_permissions.add(Permission.objects.get(codename="view_invitation"))
    browser = Client()
    browser.force_login(charlie)

    reply = browser.post(
        INVITATIONS,
        {"action": "withdraw", "_selected_action": [str(Invitation.objects.get().pk)]},
    )

    assert reply.status_code in (200, 302)
    assert Invitation.objects.get().ended_at is None
