"""The first run, the page of the account and what was agreed to, wired to disk and server."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable, Mapping, Sequence

from waw_desktop.account import Account, Accounts
from waw_desktop.config import Settings
from waw_desktop.core.consents import Agreement, Purpose
from waw_desktop.core.readings import Reading
from waw_desktop.ui import agreements, first_run, sign_in
from waw_desktop.ui.account import AccountPage
from waw_desktop.ui.agreements import Agreements
from waw_desktop.ui.first_run import FirstRunDialog
from waw_desktop.ui.sign_in import Outcome, SignIn

Watch = Callable[[Callable[[Reading], None]], Callable[[], object]]


class AccountPages:
    """Everything that speaks for an account.

    Attributes:
        page: The account and the agreements.
        form: Where the person signs in, on that page.
        agreements: What was agreed to, on that page.
    """

    def __init__(
        self,
        settings: Callable[[], Settings],
        whose: Callable[[], tuple[str, str]],
        locale: str,
    ) -> None:
        """Make the pages.

        Args:
            settings: Those that hold.
            whose: The server and e-mail address in use.
            locale: Language of the agreements' words.
        """
        self._settings = settings
        self._whose = whose
        self._locale = locale
        self._accounts = Accounts()
        server_url, email = whose()
        self._sign_in = sign_in.Calls(self._by_password, self._by_browser)
        self.form = SignIn(server_url, email, self._sign_in)
        calls = agreements.Calls(self._agreed, self._agree_here, self._withdraw)
        self.agreements = Agreements(list(Purpose), locale, calls)
        self.page = AccountPage(self.form, self.agreements)
        self.page.show_account(server_url, email)

    def account(self) -> Account:
        """Return the one account that everybody here speaks for."""
        return self._of(*self._whose())

    def first_run(self, watch: Watch) -> FirstRunDialog:
        """Return the dialog of the first run.

        Args:
            watch: Turns the camera on, once the person has agreed to it.
        """
        calls = first_run.Calls(self._agree, self._sign_in, watch)
        return FirstRunDialog(*self._whose(), self._locale, calls)

    def tell(self) -> bool:
        """Tell the server of a withdrawal it has yet to hear of; may wait for it."""
        return self.account().tell()

    def sign_out(self) -> object:
        """End the session; may wait for the server."""
        return self.account().sign_out()

    def _of(self, server_url: str, email: str) -> Account:
        settings = self._settings()
        return self._accounts.of(settings, server_url or settings.server_url, email)

    def _agree(self, server_url: str, email: str, purposes: Sequence[Purpose], locale: str) -> bool:
        return self._of(server_url, email).agree(purposes, locale)

    def _agree_here(self, purposes: Sequence[Purpose], locale: str) -> bool:
        return self.account().agree(purposes, locale)

    def _agreed(self) -> Mapping[Purpose, Agreement]:
        return self.account().agreed()

    def _withdraw(self, purpose: Purpose) -> bool:
        return self.account().withdraw(purpose)

    def _by_password(self, server_url: str, email: str, password: str) -> Outcome:
        return self._of(server_url, email).sign_in(password)

    def _by_browser(self, server_url: str, email: str) -> Outcome:
        return self._of(server_url, email).sign_in_by_browser(webbrowser.open)
