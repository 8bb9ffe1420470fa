"""One person's account on one server: what was agreed to for it, and the session in it.

Everything here may wait for disk, network or keyring; a window calls it beside its own thread.
One client is shared by all who speak for the account: two that refresh the same session by
themselves would look like a thief to the server.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from waw_desktop.config import Settings
from waw_desktop.core import consents
from waw_desktop.core.consents import Agreement, Purpose
from waw_desktop.core.retry import Answer
from waw_desktop.host import agreements, paths
from waw_desktop.sync import browser
from waw_desktop.sync.browser import NotSignedIn
from waw_desktop.sync.client import Done, LockedOut, SignedIn, SyncClient, WrongPassword
from waw_desktop.sync.credentials import RefreshToken
from waw_desktop.sync.outbox import Outbox, outbox_path
from waw_desktop.sync.transport import Failure, Transport

DEVICE_NAME = f"{platform.system()} tracker"  # not the computer's name: it may tell who


def now_utc() -> datetime:
    """Return the time, aware UTC."""
    return datetime.now(UTC)


class Accounts:
    """The accounts of one program: each has one client, however often it is asked for."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, str | None, str | None], Account] = {}

    def of(self, settings: Settings, server_url: str, email: str) -> Account:
        """Return the account of somebody on a server.

        Raises:
            OSError: If the data directory cannot be used.
        """
        way = (settings.proxy, settings.ca_bundle)
        if (server_url, email, *way) not in self._known:
            directory = paths.desktop_dir(settings.data_dir)
            transport = Transport(server_url, proxy=way[0], ca_bundle=way[1])
            account = Account(directory, server_url, email, transport)
            self._known[server_url, email, *way] = account
        return self._known[server_url, email, *way]


class Account:
    """Agreements and session of one account; threads may share it.

    Attributes:
        email: Of the account, empty for somebody who uses none.
        server_url: Where it is.
        client: The server in its session; the only one that refreshes it.
        token: What the session goes on with at the next start.
    """

    def __init__(
        self,
        directory: Path,
        server_url: str,
        email: str,
        transport: Transport,
        *,
        token: RefreshToken | None = None,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        """Prepare; nothing is asked of disk, keyring or server yet.

        Args:
            directory: Where the tracker keeps its files.
            server_url: Where the account is.
            email: Of the account.
            transport: The way to that server.
            token: Where the session's token is kept; the system's keyring if left out.
            clock: The time, aware UTC.
        """
        self.email = email
        self.server_url = server_url
        self.token = token or RefreshToken(server_url, email)
        self.client = SyncClient(transport, keep=self.token.keep, load=self.token.load)
        self._directory = directory
        self._clock = clock
        self._owners = {
            Purpose.LOCAL_TRACKING: "",
            Purpose.CLOUD_SYNC: consents.cloud_account(email, server_url),
        }

    def agreed(self) -> dict[Purpose, Agreement]:
        """Return the agreements in force.

        Raises:
            OSError: If they cannot be read.
        """
        given = agreements.load(self._directory)
        found = {it: consents.in_force(it, self._owners[it], given) for it in Purpose}
        return {purpose: it for purpose, it in found.items() if it is not None}

    def agree(self, purposes: Sequence[Purpose], locale: str) -> bool:
        """Remember that the person agrees to the words shown in a language.

        Returns:
            Whether it is agreed. Not while the server has yet to hear of a withdrawal: what was
            measured in between would be sent as if it had been agreed to.

        Raises:
            OSError: If it cannot be remembered.
        """
        if Purpose.CLOUD_SYNC in purposes and not self.tell():
            return False
        now = self._clock()
        agreements.add(
            self._directory,
            [consents.agree(it, self._owners[it], now, locale) for it in purposes],
        )
        return True

    def withdraw(self, purpose: Purpose) -> bool:
        """Remember that the person agrees no longer, from now on; return whether all know.

        Every tracker of this person stops to watch, or to send, by itself. A server that cannot
        be reached is told by a later `tell`.

        Raises:
            OSError: If it cannot be remembered; it is not withdrawn then.
        """
        agreements.withdraw(self._directory, purpose, self._owners[purpose], self._clock())
        return purpose is not Purpose.CLOUD_SYNC or self.tell()

    def tell(self) -> bool:
        """Tell the server of a withdrawal that it has yet to hear of; return whether none is left.

        Raises:
            OSError: If it cannot be remembered that it was told.
        """
        owner = self._owners[Purpose.CLOUD_SYNC]
        if not consents.is_to_tell(owner, agreements.load(self._directory)):
            return True
        outcome = self.client.withdraw_consent()
        if isinstance(outcome, Failure) and outcome.answer not in (Answer.REFUSED, Answer.ERASED):
            return False
        # Refused: it had never heard of the agreement, so there is nothing to withdraw.
        agreements.note_told(self._directory, owner)
        return True

    def sign_in(self, password: str) -> SignedIn | WrongPassword | LockedOut | Failure:
        """Begin a session with a password.

        Raises:
            OutboxError: If the device's number cannot be read.
        """
        return self.client.login(self.email, password, self._device_id(), DEVICE_NAME)

    def sign_in_by_browser(self, open_url: Callable[[str], bool]) -> SignedIn | NotSignedIn:
        """Begin a session with the system's browser; waits for the person there.

        Raises:
            OutboxError: If the device's number cannot be read.
        """
        return browser.sign_in(
            self.client, self.email, self._device_id(), DEVICE_NAME, open_url=open_url
        )

    def sign_out(self) -> Done | Failure:
        """End the session, here in any case; a withdrawal is told before, if that is possible.

        A session that could not be ended on the server ends there after 14 days unused, or when
        the person ends it from another device.
        """
        with suppress(OSError):
            self.tell()
        return self.client.logout()

    def _device_id(self) -> UUID:
        path = outbox_path(self._directory, self.server_url, self.email)
        with Outbox(path) as outbox:
            return outbox.device_id
