"""The form that signs in, and its words when that does not work."""

from __future__ import annotations

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel, QLineEdit, QPushButton

from waw_desktop.core.retry import Answer
from waw_desktop.sync.browser import NotSignedIn
from waw_desktop.sync.client import LockedOut, SignedIn, WrongPassword
from waw_desktop.sync.transport import Failure
from waw_desktop.ui.sign_in import Calls, SignIn, address, outcome_words

SERVER, ALICE = "https://waw.example.org", "alice@example.org"


class Server:
    """What signing in comes to."""

    def __init__(self):
        self.asked = []
        self.outcome = SignedIn()

    def by_password(self, *asked):
        """Sign in."""
        self.asked.append(asked)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    by_browser = by_password


@pytest.fixture
def server():
    return Server()


@pytest.fixture
def form(qtbot, server):
    form = SignIn(SERVER, ALICE, Calls(server.by_password, server.by_browser))
    qtbot.addWidget(form)
    form.show()
    return form


def fields(form):
    return form.findChildren(QLineEdit)


def message(form):
    labels = form.findChildren(QLabel)
    return next(it.text() for it in labels if it.accessibleDescription().startswith("What came"))


def test_signs_in_with_the_keyboard_alone(qtbot, form, server):
    """Type the password and press Return; it is forgotten then."""
    form.begin()
    *_, password = fields(form)
    qtbot.keyClicks(password, "correct horse")

    with qtbot.waitSignal(form.signed_in) as signed_in:
        qtbot.keyClick(password, Qt.Key.Key_Return)

    assert signed_in.args == [SERVER, ALICE]
    assert server.asked == [(SERVER, ALICE, "correct horse")]
    assert password.text() == ""
    assert password.echoMode() is QLineEdit.EchoMode.Password


def test_signs_in_with_the_browser(qtbot, form, server):
    """No password is wanted."""
    with qtbot.waitSignal(form.signed_in) as signed_in:
        qtbot.keyClick(form.findChildren(QPushButton)[1], Qt.Key.Key_Space)

    assert signed_in.args == [SERVER, ALICE]
    assert server.asked == [(SERVER, ALICE)]


def test_each_field_has_its_name(form):
    """By its label, which also has a key of its own."""
    labels = {it.buddy(): it.text() for it in form.findChildren(QLabel) if it.buddy()}

    assert [labels[it] for it in fields(form)] == ["&Server", "&E-mail address", "&Password"]


@pytest.mark.parametrize(
    ("number", "typed", "said"),
    [
        (0, "http://waw.example.org", "http is for this computer only"),
        (0, "", "not the address of a server"),
        (0, "https://alice:secret@waw.example.org", "not the address of a server"),
        (1, "alice", "Type your e-mail address."),
        (2, "", "Type your password."),
    ],
)
def test_what_is_typed_wrong(qtbot, form, server, number, typed, said):
    """It is said at once, to the field that is to be mended; nothing is sent."""
    fields(form)[2].setText("correct horse")
    fields(form)[number].setText(typed)

    qtbot.keyClick(fields(form)[2], Qt.Key.Key_Return)

    assert said in message(form)
    assert said in fields(form)[number].accessibleDescription()
    assert server.asked == []


def test_the_browser_wants_addresses_too(qtbot, form, server):
    fields(form)[1].clear()
    form.begin()

    qtbot.keyClick(form.findChildren(QPushButton)[1], Qt.Key.Key_Space)

    assert message(form) == "Type your e-mail address."
    assert server.asked == []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("waw.example.org", SERVER),
        (" https://waw.example.org/ ", SERVER),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://waw.example.org", None),
        ("ftp://waw.example.org", None),
        ("", None),
        ("https://[", None),
    ],
)
def test_addresses(typed, meant):
    """What is left out is https; what would send passwords unencrypted is none."""
    assert address(typed) == meant


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (WrongPassword("Wrong."), "E-mail address or password is wrong."),
        (LockedOut("Wait.", 30), "Try again in 1 minute."),
        (LockedOut("Wait.", 541), "Try again in 10 minutes."),
        (NotSignedIn("nobody signed in within the time"), "nobody signed in within the time."),
        (Failure(Answer.NO_ANSWER, ""), "The server cannot be reached."),
        (Failure(Answer.NO_ANSWER, "", is_untrusted=True), "your password was not sent"),
        (Failure(Answer.BUSY, ""), "The server is busy."),
        (Failure(Answer.UNREADABLE, ""), "does not answer like one of WaW"),
        (Failure(Answer.REFUSED, ""), "does not answer like one of WaW"),
    ],
)
def test_what_went_wrong_is_said(qtbot, form, server, outcome, said):
    """In words, and it may be tried again."""
    server.outcome = outcome
    fields(form)[2].setText("x")

    qtbot.keyClick(fields(form)[2], Qt.Key.Key_Return)

    qtbot.waitUntil(lambda: said in message(form))
    assert outcome_words(outcome) == message(form)
    assert all(it.isEnabled() for it in form.findChildren(QPushButton))


def test_a_device_that_does_not_work(qtbot, form, server):
    """What this computer lacks is not put on the server."""
    server.outcome = OSError("no space left")

    qtbot.keyClick(form.findChildren(QPushButton)[1], Qt.Key.Key_Space)

    qtbot.waitUntil(lambda: message(form) == "Signing in did not work here: no space left.")


def test_asks_once_at_a_time(qtbot, form, server):
    """While the server is asked, Return does nothing."""
    fields(form)[2].setText("x")

    with qtbot.waitSignal(form.signed_in):
        qtbot.keyClick(fields(form)[2], Qt.Key.Key_Return)
        qtbot.keyClick(fields(form)[2], Qt.Key.Key_Return)

    assert len(server.asked) == 1
