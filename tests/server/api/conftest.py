"""The API as a client meets it: JSON over HTTP, a real database behind."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
import uvicorn
from asgiref.sync import sync_to_async
from channels.layers import channel_layers
from django.db import connections
from django.test import Client
from django.utils import timezone

from waw_server.accounts import services
from waw_server.api import throttle
from waw_server.api.schema import schema
from waw_server.api.socket import Socket
from waw_server.ops import database
from waw_server.ops.serving import MAX_MESSAGE_BYTES


@pytest.fixture(autouse=True)
def nobody_counted():
    """Forget who has asked before: all tests come from one address."""
    yield
    for it in (throttle.SESSIONS, throttle.ADDRESSES, throttle.SIGN_INS):
        it.clear()


@pytest.fixture
def post(db):
    """Return a function that sends a document and returns the decoded answer."""

    def post(query, variables=None, token=None):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        reply = Client().post(
            "/graphql",
            {"query": query, "variables": variables or {}},
            content_type="application/json",
            headers=headers,
        )
        assert reply.status_code == 200, reply.content
        return reply.json()

    return post


@pytest.fixture
def signed_in():
    """Return a function that begins a session for somebody and returns its tokens."""

    def signed_in(user, device_id=None, device_name="laptop"):
        return services.begin_session(
            user=user, device_id=device_id, device_name=device_name, now=timezone.now()
        )

    return signed_in


@pytest.fixture
def live(transactional_db):
    """Return the address of a WebSocket server in a thread of this process."""
    channel_layers.backends.clear()  # a layer belongs to one event loop
    port = database.free_port(0)
    config = uvicorn.Config(
        Socket.as_asgi(schema=schema),
        port=port,
        ws="websockets-sansio",
        ws_max_size=MAX_MESSAGE_BYTES,
        lifespan="off",
        log_config=None,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline_s = time.monotonic() + 10
    while not server.started:
        assert time.monotonic() < deadline_s
        time.sleep(0.01)
    yield f"ws://127.0.0.1:{port}/graphql"
    server.should_exit = True
    thread.join()
    asyncio.run(sync_to_async(connections.close_all)())


def code_of(answer):
    """Return the code of the one error in an answer."""
    (error,) = answer["errors"]
    return error["extensions"]["code"]
