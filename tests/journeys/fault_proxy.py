"""A way to the server on which everything goes wrong that can, drawn from a seed.

It understands HTTP as far as to know where a request ends, so that it can lose, repeat and
delay whole requests and replies, and break replies in the middle.
"""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

SLOW_S = (0.1, 0.6)
HANGS_S = 2.5  # longer than the trackers here wait
LATE_S = (0.05, 2.0)
LONGEST_REQUEST = 1 << 22

_CLOSED = "Connection: close\r\n\r\n"
_PORTAL = "<html>Please sign in to this network</html>"
# What answers in place of the server. Not 400: it blames the message, which is then set aside.
_ANSWERS = {
    "portal": f"HTTP/1.1 200 OK\r\nContent-Length: {len(_PORTAL)}\r\n{_CLOSED}{_PORTAL}",
    "unreadable": f'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n{_CLOSED}{{"data":{{',
    "429": f"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n{_CLOSED}",
    "500": f"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n{_CLOSED}",
    "502": f"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 4\r\n{_CLOSED}oops",
    "503": f"HTTP/1.1 503 Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n{_CLOSED}",
}
FAULTS = (
    "unheard",  # reset before the server has it
    "unanswered",  # reset after the server has done it
    "late",  # reset, and done after others that were sent later
    "twice",
    "truncated",
    "slow",
    "hangs",
    *_ANSWERS,
)


class FaultProxy:
    """What happened to the requests so far is in `met`, by the names of `FAULTS` or "none"."""

    def __init__(self, server_port: int, rate: float, faults: Sequence[str], seed: int) -> None:
        """Prepare; see `faulty` for the arguments."""
        self._faults = faults
        self._server_port = server_port
        self._rate = rate
        self._chance = random.Random(seed)
        self._late: set[asyncio.Task[None]] = set()
        self.met: Counter[str] = Counter()
        self.port = 0

    async def serve(self, ready: threading.Event, ended: asyncio.Event) -> None:
        """Pass requests on until told to end, and what is late before the end."""
        server = await asyncio.start_server(
            self._take, "127.0.0.1", self.port, limit=LONGEST_REQUEST
        )
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await ended.wait()
        server.close()
        while self._late:
            await asyncio.wait(self._late)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._answer(reader, writer)
        finally:
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, EOFError, TimeoutError):
            request = await _request(reader)
            is_faulty = self._chance.random() < self._rate
            fault = self._chance.choice(self._faults) if is_faulty else "none"
            self.met[fault] += 1
            reply = await self._reply(request, fault)
            if reply is not None:
                writer.write(reply)
                await writer.drain()
                writer.close()
                await writer.wait_closed()

    async def _reply(self, request: bytes, fault: str) -> bytes | None:
        """Return what the tracker gets; None for a connection that breaks off."""
        match fault:
            case "unheard":
                return None
            case "late":
                self._send_later(request)
                return None
            case "unanswered":
                await self._passed_on(request)
                return None
            case "twice":
                await self._passed_on(request)
                return await self._passed_on(request)
            case "truncated":
                reply = await self._passed_on(request)
                return reply[: self._chance.randrange(len(reply) or 1)]
            case "slow":
                await asyncio.sleep(self._chance.uniform(*SLOW_S))
                return await self._passed_on(request)
            case "hangs":
                reply = await self._passed_on(request)
                await asyncio.sleep(HANGS_S)
                return reply
            case "none":
                return await self._passed_on(request)
            case _:
                return _ANSWERS[fault].encode()

    def _send_later(self, request: bytes) -> None:
        task = asyncio.create_task(self._late_one(request, self._chance.uniform(*LATE_S)))
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def _late_one(self, request: bytes, delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        with suppress(OSError, EOFError, TimeoutError):
            await self._passed_on(request)

    async def _passed_on(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        try:
            writer.write(request)
            return await asyncio.wait_for(reader.read(-1), 30)
        finally:
            writer.close()


async def _request(reader: asyncio.StreamReader) -> bytes:
    """Return a whole request, told to be the last on its connection."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = [it for it in head.split(b"\r\n") if not it.lower().startswith(b"connection:")]
    (size,) = [int(it.split(b":")[1]) for it in lines if it.lower().startswith(b"content-length:")]
    lines.insert(1, b"Connection: close")
    return b"\r\n".join(lines) + await reader.readexactly(size)


@contextmanager
def faulty(server_port: int, rate: float, faults: Sequence[str], seed: int) -> Iterator[FaultProxy]:
    """Run a proxy meanwhile; in the end everything that it held back has been sent.

    Args:
        server_port: Where to pass requests on.
        rate: The part of all requests that something happens to.
        faults: What may happen, each as likely as the next.
        seed: Of what happens, and to which.
    """
    proxy = FaultProxy(server_port, rate, faults, seed)
    ready = threading.Event()
    loop = asyncio.new_event_loop()
    ended = asyncio.Event()
    serve = proxy.serve(ready, ended)
    thread = threading.Thread(target=loop.run_until_complete, args=(serve,), name="fault proxy")
    thread.start()
    ready.wait()
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.run_until_complete(_gone(loop))
        loop.close()


async def _gone(loop: asyncio.AbstractEventLoop) -> None:
    """End the connections that were still open."""
    left = asyncio.all_tasks(loop) - {asyncio.current_task(loop)}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
