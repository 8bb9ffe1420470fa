"""The page of the account: who is signed in, signing in and out, and what was agreed to."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QGroupBox, QLabel, QPushButton, QVBoxLayout, QWidget

from waw_desktop.ui.agreements import Agreements
from waw_desktop.ui.language import _
from waw_desktop.ui.sign_in import SignIn


class AccountPage(QWidget):
    """Tells who is signed in, or offers to sign in; below it the agreements.

    Attributes:
        sign_out_wanted: The session of this computer is to end.
    """

    sign_out_wanted = pyqtSignal()

    def __init__(self, sign_in: SignIn, agreements: Agreements) -> None:
        super().__init__()
        self._who = QLabel()
        self._who.setWordWrap(True)
        self._sign_out = QPushButton(_("Sign out"))
        self._sign_out.clicked.connect(self.sign_out_wanted)
        self._sign_in = sign_in
        self._told = QLabel()
        self._told.setWordWrap(True)
        box = QGroupBox(_("Your agreements"))
        inside = QVBoxLayout(box)
        inside.addWidget(agreements)
        column = QVBoxLayout(self)
        column.addWidget(self._who)
        column.addWidget(self._sign_out, alignment=Qt.AlignmentFlag.AlignLeading)
        column.addWidget(self._sign_in)
        column.addWidget(self._told)
        column.addWidget(box)
        column.addStretch()
        self.show_account("", "")

    def show_account(self, server_url: str, email: str) -> None:
        """Show as whom WaW sends, empty for nobody, and offer to end that or to begin."""
        is_known = bool(email)
        self._who.setText(
            _("WaW sends as %(email)s to %(server)s.") % {"email": email, "server": server_url}
            if is_known
            else _("You use WaW without an account. Sign in to have your blinks sent to one.")
        )
        self._sign_out.setVisible(is_known)
        self._sign_in.setVisible(not is_known)
        self.tell("")

    def ask_to_sign_in(self) -> None:
        """Offer to sign in again, as the session has ended."""
        self._sign_in.show()
        self._sign_in.begin()
        self.tell(_("The session has ended. What was measured is kept, and goes once you sign in."))

    def tell(self, words: str) -> None:
        """Say what came of it; nothing if the words are empty."""
        self._told.setText(words)
        self._told.setVisible(bool(words))
