"""Signing in with the system's browser, which brings back a code to a port of this machine.

The password is typed where it belongs, and never here. The code is worth nothing without the
verifier, which never leaves this process but for our server (RFC 7636 and RFC 8252).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import queue
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID

from waw_desktop.sync.client import Begin, Code, SignedIn, SyncClient, WrongPassword
from waw_desktop.sync.transport import Failure

WAIT_S = 300.0  # for somebody to find their password, and their telephone
SECRET_BYTES = 32
_PAGE = "<!doctype html><meta charset=utf-8><title>Wellness at Work</title><p>{}"


@dataclass(frozen=True, slots=True)
class NotSignedIn:
    """No session has begun; the reason is for the person."""

    reason: str


@dataclass(frozen=True, slots=True)
class CameBack:
    """The browser came back, with a code unless the person did not go through with it."""

    code: str | None


def sign_in(
    client: SyncClient,
    email: str,
    device_id: UUID,
    device_name: str,
    *,
    open_url: Callable[[str], bool],
    wait_s: float = WAIT_S,
) -> SignedIn | NotSignedIn:
    """Have somebody sign in with a browser, and begin a session of the client's.

    Args:
        client: Of the server that says where to.
        email: The account; a sign-in to any other is refused.
        device_id: Of this installation.
        device_name: What to call it in the account.
        open_url: Shows an address in the browser, and says whether it could.
        wait_s: For how long to wait for the person.
    """
    begin = client.browser_sign_in()
    if isinstance(begin, Failure):
        return NotSignedIn(begin.detail)
    if begin is None or not _is_safe(begin.authorization_endpoint):
        return NotSignedIn("this server offers no sign-in with the browser at present")
    state, nonce, verifier = (secrets.token_urlsafe(SECRET_BYTES) for _ in range(3))
    with Loopback(state) as loopback:
        if not open_url(_address(begin, loopback.address, state, nonce, verifier, email)):
            return NotSignedIn("no browser could be opened")
        came = loopback.wait(wait_s)
        if came is None:
            return NotSignedIn("nobody signed in within the time")
        if came.code is None:
            return NotSignedIn("the sign-in was not completed")
        code = Code(came.code, verifier, loopback.address, nonce)
    outcome = client.login_with_oidc(code, email, device_id, device_name)
    if isinstance(outcome, SignedIn):
        return outcome
    return NotSignedIn(outcome.message if isinstance(outcome, WrongPassword) else outcome.detail)


class Loopback:
    """A server on a free port of this machine, which waits for one browser to come back.

    Others on this machine, and pages in the browser, may knock as well: what does not bring
    the state is sent away, and does not keep the right one from coming.
    """

    def __init__(self, state: str) -> None:
        self._came: queue.Queue[CameBack] = queue.Queue()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state, self._came))
        self._server.daemon_threads = True
        self._server.block_on_close = False  # a browser may hold a connection it never uses
        self.address = f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def wait(self, limit_s: float) -> CameBack | None:
        """Return what the browser brought, or None if it did not come."""
        with suppress(queue.Empty):
            return self._came.get(timeout=limit_s)
        return None


def _handler(state: str, came: queue.Queue[CameBack]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 5  # seconds, for a request that does not end

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            found = {name: values[0] for name, values in parse_qs(parts.query).items()}
            is_ours = hmac.compare_digest(found.get("state", "").encode(), state.encode())
            if parts.path != "/" or not is_ours:
                self._say(404, "There is nothing here.")
                return
            self._say(200, "That was it. You may close this window.")
            came.put(CameBack(found.get("code")))

        def _say(self, status: int, words: str) -> None:
            page = _PAGE.format(words).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page)))
            self.send_header("Content-Security-Policy", "default-src 'none'")
            self.send_header("Referrer-Policy", "no-referrer")
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_arguments: object) -> None:
            """Log nothing: the address holds a code."""

    return Handler


def _is_safe(address: str) -> bool:
    """Return whether a page may be opened: encrypted, or on this machine."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme, parts.hostname) == ("http", "127.0.0.1")


def _address(
    begin: Begin, redirect_uri: str, state: str, nonce: str, verifier: str, email: str
) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    asked = {
        "response_type": "code",
        "client_id": begin.client_id,
        "redirect_uri": redirect_uri,
        "scope": begin.scope,
        "state": state,
        "nonce": nonce,
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
        "login_hint": email,
        **({"hd": begin.hosted_domain} if begin.hosted_domain else {}),
    }
    sign = "&" if "?" in begin.authorization_endpoint else "?"
    return f"{begin.authorization_endpoint}{sign}{urlencode(asked)}"
