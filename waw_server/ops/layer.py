"""A channel layer over PostgreSQL's LISTEN and NOTIFY, for servers that have no Redis.

    group_send ──NOTIFY──> PostgreSQL ──> every process that listens ──> its channels of the group

Who belongs to a group is known only in the process where its sockets are, so nothing is stored
and a killed process leaves nothing behind. A notice that comes while nobody listens is lost, as
it is with Redis: what it announces has to be looked up sooner or later anyway.
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any, ClassVar
from uuid import uuid4

import psycopg
from channels.layers import BaseChannelLayer
from django.db import connection as configured

CHANNEL = "waw_notices"
RECONNECT_S = 1.0

logger = logging.getLogger(__name__)

Message = dict[str, Any]
Connection = psycopg.AsyncConnection[tuple[Any, ...]]


class PostgresLayer(BaseChannelLayer):
    """Carries small messages to groups; each belongs to one event loop."""

    extensions: ClassVar[list[str]] = ["groups", "flush"]

    def __init__(self) -> None:
        super().__init__()
        self._queues: dict[str, asyncio.Queue[Message]] = {}
        self._groups: dict[str, set[str]] = {}
        self._listener: asyncio.Task[None] | None = None
        self._listens = asyncio.Event()
        self._sender: Connection | None = None
        self._sending = asyncio.Lock()

    async def new_channel(self, prefix: str = "specific") -> str:
        """Return the name of a channel of this process."""
        channel = f"{prefix}!{uuid4().hex}"
        self._queues[channel] = asyncio.Queue()
        return channel

    async def receive(self, channel: str) -> Message:
        """Wait for the next message; whoever stops waiting is leaving, as Channels does it."""
        try:
            return await self._queues[channel].get()
        except asyncio.CancelledError:
            self._queues.pop(channel, None)
            raise

    async def group_add(self, group: str, channel: str) -> None:
        """Have a channel hear what is sent to a group from now on."""
        self._groups.setdefault(group, set()).add(channel)
        if self._listener is None:
            self._listener = asyncio.create_task(self._listen())
        await self._listens.wait()

    async def group_discard(self, group: str, channel: str) -> None:
        """Let a channel leave a group, if it is in it."""
        channels = self._groups.get(group, set())
        channels.discard(channel)
        if not channels:
            self._groups.pop(group, None)

    async def group_send(self, group: str, message: Message) -> None:
        """Send a message to a group, in whatever process its channels are.

        Raises:
            psycopg.Error: If the database cannot be reached; the next try begins afresh.
        """
        payload = json.dumps([group, message])
        async with self._sending:
            if self._sender is None or self._sender.closed:
                self._sender = await _connected()
            await self._sender.execute("SELECT pg_notify(%s, %s)", (CHANNEL, payload))

    async def flush(self) -> None:
        """Forget everybody and close the connections; it may be used again."""
        if self._listener is not None:
            self._listener.cancel()
            await asyncio.gather(self._listener, return_exceptions=True)
        if self._sender is not None:
            await self._sender.close()
        self._listener = self._sender = None
        self._queues, self._groups = {}, {}

    async def _listen(self) -> None:
        while True:
            try:
                await self._pass_on()
            except (psycopg.Error, ValueError) as error:
                logger.warning("no live updates for now: %s", error)
            finally:
                self._listens.clear()
            await asyncio.sleep(RECONNECT_S)

    async def _pass_on(self) -> None:
        async with await _connected() as connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            self._listens.set()
            async for notice in connection.notifies():
                group, message = json.loads(notice.payload)
                self._hand_out(group, message)

    def _hand_out(self, group: str, message: Message) -> None:
        for channel in self._groups.get(group, ()):
            if channel in self._queues:
                self._queues[channel].put_nowait(message)


async def _connected() -> Connection:
    """Connect as Django would: to the same database, with the same options."""
    params = configured.get_connection_params()
    for of_django in ("cursor_factory", "context"):
        params.pop(of_django)
    return await psycopg.AsyncConnection.connect(**params, autocommit=True)
