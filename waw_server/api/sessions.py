"""Closes the sockets of whoever signed out, was signed out or switched off, or has an old token."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from channels.db import database_sync_to_async
from django.db import Error
from django.utils import timezone

from waw_server.accounts.selectors import living

EVERY_S = 1.0

logger = logging.getLogger(__name__)


class Watched(Protocol):
    """A socket."""

    async def end(self, reason: str) -> None:
        """Close it."""


@dataclass(frozen=True, slots=True)
class _Term:
    session_id: UUID
    expires_at: datetime


class Watch:
    """Asks once a second, for all sockets of this process in one statement.

    Asking finds every way in which a session can end, also those that nobody announces, such as
    a person switched off in the admin; and it costs the same however many sockets there are.
    """

    def __init__(self) -> None:
        self._terms: dict[Watched, _Term] = {}
        self._task: asyncio.Task[None] | None = None

    def add(self, socket: Watched, session_id: UUID, expires_at: datetime) -> None:
        """Watch a socket."""
        self._terms[socket] = _Term(session_id, expires_at)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._keep_asking())

    def discard(self, socket: Watched) -> None:
        """Watch a socket no longer."""
        self._terms.pop(socket, None)

    async def _keep_asking(self) -> None:
        while self._terms:
            await asyncio.sleep(EVERY_S)
            for socket, reason in (await self._over(timezone.now())).items():
                self.discard(socket)
                await socket.end(reason)

    async def _over(self, now: datetime) -> dict[Watched, str]:
        """Return the sockets to close, each with the reason."""
        terms = dict(self._terms)
        asked = {it.session_id for it in terms.values()}
        try:
            alive = await database_sync_to_async(living)(asked, now)
        except Error as error:
            logger.warning("cannot see which sessions have ended: %s", error)
            alive = asked  # nothing can be read either, and tokens end all the same
        return {
            socket: "The session has ended." if it.session_id not in alive else "Expired."
            for socket, it in terms.items()
            if it.session_id not in alive or it.expires_at <= now
        }
