"""The load: a process of its own that sends prepared requests and reads every reply.

Each connection is one signed-in device that waits for its reply before it sends the next, as
trackers do. HTTP/1.1 with keep-alive, straight on the event loop, so that the client costs the
machine little.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial

from tests.bench import payloads
from tests.bench.payloads import Request

REPLY_LIMIT_S = 30.0


class BadReply(Exception):
    """A reply did not say what it must; its beginning is the message."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to send.

    Attributes:
        port: On loopback.
        path: Where to post.
        shape: How the messages are written, one of payloads.SHAPES.
        size: Messages in a request.
        tokens: An access token for each connection.
        firsts: The request that each connection begins with; from 0.
        prepared: Requests to prepare for each connection; it stops when they are used up.
        seconds: How long to send.
        status: What every receipt must say.
    """

    port: int
    path: str
    shape: str
    size: int
    tokens: tuple[str, ...]
    firsts: tuple[int, ...]
    prepared: int
    seconds: float
    status: str = "ACCEPTED"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came back.

    Attributes:
        latencies_s: From the first byte sent to the last received, one a request.
        elapsed_s: From the first request to the last reply.
        cpu_s: What the client itself took.
        receipts: What the acknowledged messages add up to.
        nexts: The request that each connection would have sent next.
    """

    latencies_s: list[float]
    elapsed_s: float
    cpu_s: float
    receipts: Counter[str]
    nexts: tuple[int, ...]


@contextmanager
def process() -> Iterator[Executor]:
    """Yield the process that sends the load; it ends with this one, however that ends."""
    with ProcessPoolExecutor(
        1, multiprocessing.get_context("spawn"), initializer=_end_with_parent
    ) as client:
        yield client


def run(job: Job) -> Outcome:
    """Send for a while, and return once every reply is in.

    Raises:
        BadReply: If a reply is no 200, or a receipt is missing or says something else.
    """
    pool = _pool(job.shape, job.size, job.prepared)
    gc.collect()
    gc.disable()
    try:
        return asyncio.run(_sent(job, pool))
    finally:
        gc.enable()


@cache
def _pool(shape: str, size: int, count: int) -> list[Request]:
    return [payloads.request(shape, nth, size) for nth in range(count)]


async def _sent(job: Job, pool: list[Request]) -> Outcome:
    loop = asyncio.get_running_loop()
    connections = []
    for token, first in zip(job.tokens, job.firsts, strict=True):
        _, connection = await loop.create_connection(
            partial(_Connection, job, pool, token, first),
            "127.0.0.1",
            job.port,
        )
        connections.append(connection)
    begin_s, cpu_s = time.perf_counter(), time.process_time()
    for connection in connections:
        connection.go(until_s=begin_s + job.seconds)
    async with asyncio.timeout(job.seconds + REPLY_LIMIT_S):
        await asyncio.gather(*(connection.done for connection in connections))
    return Outcome(
        latencies_s=[each for it in connections for each in it.latencies_s],
        elapsed_s=time.perf_counter() - begin_s,
        cpu_s=time.process_time() - cpu_s,
        receipts=sum((it.receipts for it in connections), Counter()),
        nexts=tuple(it.nth for it in connections),
    )


class _Connection(asyncio.Protocol):
    """One device: sends, waits for the whole reply, checks it, sends the next."""

    def __init__(self, job: Job, pool: list[Request], token: str, first: int) -> None:
        self._pool = pool
        self._status = f'"{job.status}"'.encode()
        self._head = (
            f"POST {job.path} HTTP/1.1\r\nHost: 127.0.0.1:{job.port}\r\n"
            f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"
            "Content-Length: "
        ).encode()
        self.nth = first
        self.latencies_s: list[float] = []
        self.receipts: Counter[str] = Counter()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._reply = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def go(self, until_s: float) -> None:
        self._until_s = until_s
        self._send()

    def _send(self) -> None:
        body = self._pool[self.nth].body(datetime.now(UTC))
        self._sent_s = time.perf_counter()
        self._transport.write(b"%b%d\r\n\r\n%b" % (self._head, len(body), body))

    def data_received(self, data: bytes) -> None:
        self._reply += data
        head, blank, body = self._reply.partition(b"\r\n\r\n")
        if not blank or len(body) < _length(head):
            return
        now_s = time.perf_counter()
        self.latencies_s.append(now_s - self._sent_s)
        sums = self._pool[self.nth].sums
        if head.split(b" ", 2)[1] != b"200" or body.count(self._status) != sums["messages"]:
            self._fail(f"{head[:100]!r} {body[:400]!r}")
            return
        self.receipts.update(sums)
        self.nth += 1
        self._reply = b""
        if now_s < self._until_s and self.nth < len(self._pool):
            self._send()
        else:
            self.done.set_result(None)
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self._fail(f"connection lost: {exc}")

    def _fail(self, why: str) -> None:
        self.done.set_exception(BadReply(why))
        self._transport.close()


def _length(head: bytes) -> int:
    _, name, rest = head.lower().partition(b"content-length:")
    if not name:
        raise BadReply(f"no Content-Length in {head[:200]!r}")
    return int(rest.partition(b"\r")[0])


def _end_with_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears it and ends this one
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
