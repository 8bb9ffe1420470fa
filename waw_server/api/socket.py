"""The WebSocket side of the API: graphql-transport-ws, signed in, and subscriptions only.

Source: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import uuid4

import orjson
from channels.db import database_sync_to_async
from django.conf import settings
from django.http.request import validate_host
from django.utils import timezone
from strawberry.channels import GraphQLWSConsumer
from strawberry.channels.handlers.base import ChannelsLayer, ChannelsMessage
from strawberry.exceptions import ConnectionRejectionError
from strawberry.schema import BaseSchema
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.unset import UNSET, UnsetType

from waw_server.accounts.selectors import Caller, NotSignedIn, caller
from waw_server.api.context import bearer_token
from waw_server.api.limits import MAX_NESTING, nesting
from waw_server.api.rates import TooMany
from waw_server.api.sessions import Watch
from waw_server.api.throttle import count_address, count_session
from waw_server.ops import address
from waw_server.ops.notices import LOOK_AGAIN, group_of

INIT_LIMIT = timedelta(seconds=10)
MAX_SUBSCRIPTIONS = 5
MAX_WAITING = 64  # messages of a client that are not answered yet

FORBIDDEN, TOO_MUCH, OUR_FAULT = 4403, 1008, 1011

_NO_PAYLOAD: UnsetType = UNSET  # of `connection_ack`

logger = logging.getLogger(__name__)
watch = Watch()


@dataclass
class SocketContext:
    """What a subscription knows of its socket.

    Attributes:
        socket: Where it came from.
        connection_params: The payload of `connection_init`; Strawberry puts it here.
        token: The access token from it.
        caller: Who is asking, once they have signed in.
    """

    socket: Socket
    connection_params: Mapping[str, object] | None = None
    token: str = ""
    caller: Caller | None = None


class Socket(GraphQLWSConsumer[SocketContext, None]):
    """One socket of one person, closed when their session or access token ends."""

    def __init__(self, schema: BaseSchema) -> None:
        super().__init__(
            schema,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=INIT_LIMIT,
            max_subscriptions_per_connection=MAX_SUBSCRIPTIONS,
            allowed_origins=settings.CORS_ALLOWED_ORIGINS,
        )
        self._told: set[asyncio.Event] = set()
        self._caller: Caller | None = None
        self._is_closed = False

    async def connect(self) -> None:
        """Serve in a task of its own, as the base class does."""
        self.run_task = asyncio.create_task(self._served())

    async def disconnect(self, code: int) -> None:
        """Leave everything behind."""
        self._is_closed = True
        if self._caller is not None:
            watch.discard(self)
            await self._layer.group_discard(group_of(self._caller.user_id), self.channel_name)
        await super().disconnect(code)

    async def dispatch(self, message: ChannelsMessage) -> None:  # type: ignore[override]  # as Strawberry has it
        """Wake the subscriptions at a notice; all else is the base class's."""
        if message["type"] != LOOK_AGAIN["type"]:
            await super().dispatch(message)
            return
        for told in self._told:
            told.set()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Take a message of the client, unless it sends faster than it can be answered."""
        if self.message_queue.qsize() >= MAX_WAITING:
            await self.close(TOO_MUCH, "Too many messages at once.")
            return
        try:
            self._count()
        except TooMany as refused:
            await self.close(TOO_MUCH, f"Too many messages; come again in {refused} s.")
            return
        await super().receive(text_data, bytes_data)

    async def send(self, *args: Any, **kwargs: Any) -> None:
        """Send, unless it is closed: a subscription may just have had something to say."""
        if not self._is_closed:
            await super().send(*args, **kwargs)

    async def close(self, code: int | bool | None = None, reason: str | None = None) -> None:  # noqa: FBT001 - this signature is that of Channels
        """Close it, once."""
        if not self._is_closed:
            self._is_closed = True
            await super().close(code, reason)

    async def end(self, reason: str) -> None:
        """Close it because its person may no longer listen."""
        await self.close(FORBIDDEN, reason)

    @contextmanager
    def listening(self) -> Iterator[asyncio.Event]:
        """Give an event that is set at each notice meanwhile."""
        told = asyncio.Event()
        self._told.add(told)
        try:
            yield told
        finally:
            self._told.discard(told)

    async def get_context(self, request: GraphQLWSConsumer, response: object) -> SocketContext:
        """Return what subscriptions see of this socket."""
        del request, response
        return SocketContext(self)

    async def on_ws_connect(self, context: SocketContext) -> UnsetType:
        """Sign in by the token of `connection_init`, or be closed with 4403."""
        said = (context.connection_params or {}).get("Authorization")
        try:
            context.token = bearer_token(said if isinstance(said, str) else "")
            me = await database_sync_to_async(caller)(context.token, timezone.now())
        except NotSignedIn as error:
            raise ConnectionRejectionError from error
        context.caller = self._caller = me
        await self._layer.group_add(group_of(me.user_id), self.channel_name)
        watch.add(self, me.session_id, me.expires_at)
        return _NO_PAYLOAD

    def is_websocket_origin_allowed(self, request: GraphQLWSConsumer, origin: str) -> bool:
        """Let in pages under the server's own names, on any port, and those of the settings."""
        host = urlsplit(origin).hostname or ""
        return validate_host(host, settings.ALLOWED_HOSTS) or super().is_websocket_origin_allowed(
            request, origin
        )

    def decode_json(self, data: str | bytes) -> object:
        """Read one message of the protocol; one of another shape is no JSON either."""
        raw = data.encode() if isinstance(data, str) else data
        message = orjson.loads(raw)
        if nesting(raw) > MAX_NESTING or not _is_of_the_protocol(message):
            raise json.JSONDecodeError("not a message of graphql-transport-ws", "", 0)
        return message

    def encode_json(self, data: object) -> str:
        """Write JSON."""
        return orjson.dumps(data).decode()

    def _count(self) -> None:
        """Count a message: for the session, or for the address before there is one."""
        if self._caller is not None:
            count_session(self._caller.session_id)
            return
        headers = dict(self.scope["headers"])
        forwarded_for = headers.get(b"x-forwarded-for", b"").decode("latin-1")
        remote, _ = self.scope.get("client") or ("", 0)
        count_address(address.of(remote, forwarded_for, settings.TRUSTED_PROXIES))

    @property
    def _layer(self) -> ChannelsLayer:
        return cast("ChannelsLayer", self.channel_layer)  # the settings always name one

    async def _served(self) -> None:
        try:
            await self.run(self)  # type: ignore[arg-type]  # its own annotation leaves the context open
        except Exception:
            error_id = uuid4().hex
            logger.exception("unforeseen error %s", error_id)
            await self.close(OUR_FAULT, f"Something went wrong on our side: {error_id}")


def _is_of_the_protocol(message: object) -> bool:
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        return False
    payload = message.get("payload")
    if not isinstance(payload, dict | None) or not isinstance(message.get("id", ""), str):
        return False
    return message["type"] != "subscribe" or _is_an_operation(payload or {})


def _is_an_operation(payload: dict[str, object]) -> bool:
    query = payload.get("query")
    return (
        isinstance(query, str)
        and query != ""
        and "\0" not in query
        and isinstance(payload.get("variables"), dict | None)
        and isinstance(payload.get("operationName"), str | None)
    )
