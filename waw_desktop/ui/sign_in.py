"""Signing in to an account: with a password, or in the browser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from waw_desktop import config
from waw_desktop.core.retry import Answer
from waw_desktop.sync.browser import NotSignedIn
from waw_desktop.sync.client import LockedOut, SignedIn, WrongPassword
from waw_desktop.sync.transport import Failure
from waw_desktop.ui import work
from waw_desktop.ui.language import _, ngettext

Outcome = SignedIn | WrongPassword | LockedOut | NotSignedIn | Failure


@dataclass(frozen=True, slots=True)
class Calls:
    """What the form asks for; each may wait.

    Attributes:
        by_password: Takes the server's address, the e-mail address and the password.
        by_browser: Takes the first two, and waits for the person in the browser.
    """

    by_password: Callable[[str, str, str], Outcome]
    by_browser: Callable[[str, str], Outcome]


class SignIn(QWidget):
    """The form.

    Attributes:
        signed_in: At which address of a server, and as whom.
    """

    signed_in = pyqtSignal(str, str)

    def __init__(self, server_url: str, email: str, calls: Calls) -> None:
        super().__init__()
        self._calls = calls
        self._server = QLineEdit(server_url)
        self._email = QLineEdit(email)
        self._email.setInputMethodHints(Qt.InputMethodHint.ImhEmailCharactersOnly)
        self._password = QLineEdit()
        self._password.setEchoMode(QLineEdit.EchoMode.Password)
        self._message = QLabel()
        self._message.setWordWrap(True)
        self._message.setAccessibleDescription(_("What came of signing in"))
        self._by_password = QPushButton(_("Sign in"))
        self._by_browser = QPushButton(_("Sign in with the browser"))
        self._by_password.clicked.connect(self._sign_in)
        self._by_browser.clicked.connect(self._sign_in_by_browser)
        self._password.returnPressed.connect(self._sign_in)
        for button in (self._by_password, self._by_browser):
            button.setAutoDefault(False)  # the key Return belongs to the field it is pressed in
        self._lay_out()

    def begin(self) -> None:
        """Let the person type where something is missing."""
        missing = self._password if self._email.text() else self._email
        missing.setFocus()

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.addRow(_("&Server"), self._server)
        form.addRow(_("&E-mail address"), self._email)
        form.addRow(_("&Password"), self._password)
        buttons = QHBoxLayout()
        buttons.addWidget(self._by_password)
        buttons.addWidget(self._by_browser)
        buttons.addStretch()
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addWidget(self._message)
        column.addLayout(buttons)
        column.addStretch()

    def _sign_in(self) -> None:
        password = self._password.text()
        asked = self._asked()
        if asked is None:
            return
        if not password:
            self._say(_("Type your password."), self._password)
            return
        self._wait(_("Signing in."))
        self._run(partial(self._calls.by_password, *asked, password), asked)

    def _sign_in_by_browser(self) -> None:
        asked = self._asked()
        if asked is not None:
            self._wait(_("Go on in the browser, then come back here."))
            self._run(partial(self._calls.by_browser, *asked), asked)

    def _asked(self) -> tuple[str, str] | None:
        """Return the addresses of server and account, or say what is wrong with one."""
        if not self._by_password.isEnabled():
            return None
        server_url = address(self._server.text())
        if server_url is None:
            self._say(
                _(
                    "This is not the address of a server. It looks like"
                    " https://waw.example.org; http is for this computer only."
                ),
                self._server,
            )
            return None
        email = self._email.text().strip()
        if "@" not in email:
            self._say(_("Type your e-mail address."), self._email)
            return None
        self._server.setText(server_url)
        return server_url, email

    def _run(self, call: Callable[[], Outcome], asked: tuple[str, str]) -> None:
        work.run(self, call, partial(self._answered, asked), self._fail)

    def _answered(self, asked: tuple[str, str], outcome: Outcome) -> None:
        self._enable(is_enabled=True)
        if isinstance(outcome, SignedIn):
            self._password.clear()
            self._say("", None)
            self.signed_in.emit(*asked)
        else:
            self._say(outcome_words(outcome), self._password)

    def _fail(self, error: Exception) -> None:
        self._enable(is_enabled=True)
        self._say(
            _("Signing in did not work here: %(reason)s.") % {"reason": error}, self._by_password
        )

    def _wait(self, text: str) -> None:
        self._enable(is_enabled=False)
        self._say(text, None)

    def _enable(self, *, is_enabled: bool) -> None:
        for widget in (self._server, self._email, self._password):
            widget.setReadOnly(not is_enabled)
        self._by_password.setEnabled(is_enabled)
        self._by_browser.setEnabled(is_enabled)

    def _say(self, text: str, focus: QWidget | None) -> None:
        self._message.setText(text)
        if focus is not None:
            focus.setAccessibleDescription(text)  # read out with the field that is to be mended
            focus.setFocus()


def address(text: str) -> str | None:
    """Return the address of a server as typed, with https if it says nothing; None if it is none.

    >>> address("waw.example.org/")
    'https://waw.example.org'
    """
    typed = text.strip()
    try:
        return config.server_url(typed if "://" in typed else f"https://{typed}")
    except config.BadSetting:
        return None


def outcome_words(outcome: WrongPassword | LockedOut | NotSignedIn | Failure) -> str:
    """Return why nobody is signed in, and what helps."""
    match outcome:
        case WrongPassword():
            return _("E-mail address or password is wrong. Nothing else has changed.")
        case LockedOut(retry_after_s=wait_s):
            minutes = max(1, -(-wait_s // 60))
            return ngettext(
                "There were too many wrong passwords. Try again in %(minutes)d minute.",
                "There were too many wrong passwords. Try again in %(minutes)d minutes.",
                minutes,
            ) % {"minutes": minutes}
        case NotSignedIn(reason):
            return _("You are not signed in: %(reason)s.") % {"reason": reason.rstrip(".")}
        case Failure(answer=Answer.NO_ANSWER, is_untrusted=True):
            return _(
                "This computer does not trust the server's certificate, so your password was not"
                " sent. Check the address; if it is right, ask whoever runs the server."
            )
        case Failure(answer=Answer.NO_ANSWER):
            return _(
                "The server cannot be reached. Check its address and your network, or use WaW"
                " without an account for now."
            )
        case Failure(answer=Answer.BUSY):
            return _("The server is busy. Try again in a moment.")
        case Failure():
            return _("This server does not answer like one of WaW. Check its address.")
