"""The WebSocket entry point, for live updates only: `uvicorn waw_server.asgi:application`.

Everything else is answered by `wsgi.py`, at a third of the price; see
docs/decisions/0004-wsgi-and-a-separate-websocket-process.md.
"""

import os
import sys

import django
from asgiref.typing import (
    ASGIReceiveCallable,
    ASGISendCallable,
    HTTPResponseBodyEvent,
    HTTPResponseStartEvent,
    Scope,
    WebSocketCloseEvent,
)
from django.core.exceptions import ImproperlyConfigured

from waw_server.ops import database

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "waw_server.settings")
database.export_url()
try:
    django.setup()
except ImproperlyConfigured as problem:
    sys.exit(str(problem))

from waw_server.api.schema import schema  # noqa: E402 - needs the settings
from waw_server.api.socket import Socket  # noqa: E402 - needs the settings

_NOT_FOUND = (
    HTTPResponseStartEvent(
        type="http.response.start",
        status=404,
        headers=[(b"content-type", b"text/plain")],
        trailers=False,
    ),
    HTTPResponseBodyEvent(
        type="http.response.body",
        body=b"Only live updates are here, by WebSocket.\n",
        more_body=False,
    ),
)
_socket = Socket.as_asgi(schema=schema)
# Before it was accepted: the client gets 403.
_REFUSED = WebSocketCloseEvent(type="websocket.close", code=1000, reason=None)


async def application(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Serve a socket of `/graphql`, and nothing else."""
    if scope["type"] == "http":
        for part in _NOT_FOUND:
            await send(part)
    elif scope["type"] == "websocket" and scope["path"] == "/graphql":
        await _socket(scope, receive, send)
    else:
        await send(_REFUSED)
