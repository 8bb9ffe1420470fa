"""The server's operations as typed calls, and the session they run in.

When an access token has expired, or the server says so, the session is refreshed once, by one
thread at a time, and the call is made again. Access tokens are held in memory only. Each refresh
token is handed out to be kept before the session goes on with it, so that a crash in between
leaves the shortest possible time with a used one; the server takes that one for another 30 s.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from waw_desktop.core.retry import Answer, Verdict, verdict
from waw_desktop.core.tally import Theirs
from waw_desktop.sync.outbox import Row
from waw_desktop.sync.transport import Failure, Transport
from waw_desktop.sync.wire import columns, message_input, rfc3339

EXPIRY_MARGIN_S = 10.0

Reply = dict[str, Any] | Failure


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session has begun."""


@dataclass(frozen=True, slots=True)
class WrongPassword:
    """The server does not let this person in with this; the message is for them."""

    message: str


@dataclass(frozen=True, slots=True)
class LockedOut:
    """Too many wrong passwords; the message is for the person.

    Attributes:
        message: The server's words.
        retry_after_s: Until it may be tried again.
    """

    message: str
    retry_after_s: int


@dataclass(frozen=True, slots=True)
class Done:
    """The server did what was asked."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one message, and the server's words about it."""

    message_id: UUID
    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class Profile:
    """What the server says about the person who is signed in.

    Attributes:
        email: Of the account.
        display_name: How to address the person.
        has_consent: Whether consent to cloud sync is in force.
        blinks_today: Blinks stored for the present day.
        seen_today_ms: Time seen on the present day.
    """

    email: str
    display_name: str
    has_consent: bool
    blinks_today: int
    seen_today_ms: int


@dataclass(frozen=True, slots=True)
class Begin:
    """Where to send a browser to sign in, and as whom.

    Attributes:
        authorization_endpoint: Of the issuer.
        client_id: Of the tracker, there.
        scope: To ask for.
        hosted_domain: The organisation whose account is wanted, None for any.
    """

    authorization_endpoint: str
    client_id: str
    scope: str
    hosted_domain: str | None


@dataclass(frozen=True, slots=True)
class Code:
    """What a browser brought back, and the secrets that belong to it."""

    code: str = field(repr=False)
    verifier: str = field(repr=False)
    redirect_uri: str
    nonce: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Tokens:
    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_at_s: float


class SyncClient:
    """One account on one server; threads may share it."""

    def __init__(
        self,
        transport: Transport,
        *,
        clock: Callable[[], float] = time.monotonic,
        keep: Callable[[str | None], object] = lambda _token: None,
        load: Callable[[], str | None] = lambda: None,
    ) -> None:
        """Start signed out.

        Args:
            transport: The way to the server.
            clock: Monotonic seconds, by which access tokens expire.
            keep: Takes each refresh token that a later start may go on with, and None when
                there is none any longer. It may wait, and does not raise.
            load: Returns the token to go on with, None if there is none. The same holds.
        """
        self._transport = transport
        self._clock = clock
        self._keep = keep
        self._load = load
        self._tokens: _Tokens | None = None
        self._refreshing = threading.Lock()
        self._changing = threading.Lock()

    @property
    def is_signed_in(self) -> bool:
        """Whether there is a session to send with, as far as is known here."""
        return self._tokens is not None

    def go_on(self) -> bool:
        """Take up the session of an earlier start, unless one goes on; return whether one does.

        The first call shows whether it lasts. It may wait for the keyring.
        """
        if self._tokens is None and (refresh := self._load()) is not None:
            with self._changing:
                if self._tokens is None:  # else somebody signed in meanwhile
                    self._tokens = _Tokens("", refresh, -math.inf)
        return self._tokens is not None

    def forget(self) -> None:
        """Sign out here without telling the server."""
        self._change(None)

    def login(
        self, email: str, password: str, device_id: UUID, device_name: str
    ) -> SignedIn | WrongPassword | LockedOut | Failure:
        """Begin a session for this device."""
        account = {"email": email, "password": password}
        device = {"deviceId": str(device_id), "deviceName": device_name}
        reply = self._transport.send("login", {"input": account | device})
        match reply:
            case Failure():
                return reply
            case {"login": {"__typename": "LoginSuccess"} as success}:
                return self._begun(success)
            case {"login": {"__typename": "InvalidCredentials", "message": str(message)}}:
                return WrongPassword(message)
            case {
                "login": {
                    "__typename": "LockedOut",
                    "message": str(message),
                    "retryAfterS": int(retry_after_s),
                }
            }:
                return LockedOut(message, retry_after_s)
            case _:
                return _unreadable()

    def browser_sign_in(self) -> Begin | Failure | None:
        """Ask where to send a browser to sign in; None if the server has no such way."""
        match self._transport.send("browserSignIn", {}):
            case Failure() as failure:
                return failure
            case {"browserSignIn": None}:
                return None
            case {
                "browserSignIn": {
                    "authorizationEndpoint": str(endpoint),
                    "clientId": str(client_id),
                    "scope": str(scope),
                    "hostedDomain": str() | None as hosted_domain,
                }
            }:
                return Begin(endpoint, client_id, scope, hosted_domain)
            case _:
                return _unreadable()

    def login_with_oidc(
        self, code: Code, email: str, device_id: UUID, device_name: str
    ) -> SignedIn | WrongPassword | Failure:
        """Begin a session for this device with what a browser brought back."""
        brought = {
            "code": code.code,
            "codeVerifier": code.verifier,
            "redirectUri": code.redirect_uri,
            "nonce": code.nonce,
        }
        device = {"email": email, "deviceId": str(device_id), "deviceName": device_name}
        match self._transport.send("loginWithOidc", {"input": brought | device}):
            case Failure() as failure:
                return failure
            case {"loginWithOidc": {"__typename": "LoginSuccess"} as success}:
                return self._begun(success)
            case {
                "loginWithOidc": {
                    "__typename": "OidcRefused" | "OidcUnavailable",
                    "message": str(message),
                }
            }:
                return WrongPassword(message)
            case _:
                return _unreadable()

    def logout(self, *, everywhere: bool = False) -> Done | Failure:
        """End the session: here in any case, on the server if it answers."""
        reply = self._send("logout", {"everywhere": everywhere})
        self.forget()
        match reply:
            case Failure():
                return reply
            case {"logout": {"sessionsEnded": int()}}:
                return Done()
            case _:
                return _unreadable()

    def grant_consent(
        self, text_sha256: str, granted_at: datetime, sent_at: datetime
    ) -> Done | Failure:
        """Tell the server that the person agreed to cloud sync, and when.

        Args:
            text_sha256: Hash of the words agreed to.
            granted_at: When, by this machine's clock, aware UTC.
            sent_at: Now, by the same clock.
        """
        grant = {
            "purpose": "CLOUD_SYNC",
            "textHash": text_sha256,
            "grantedAt": rfc3339(granted_at),
            "clientSentAt": rfc3339(sent_at),
        }
        match self._send("grantConsent", {"input": grant}):
            case Failure() as failure:
                return failure
            case {"grantConsent": {"purpose": "CLOUD_SYNC"}}:
                return Done()
            case _:
                return _unreadable()

    def withdraw_consent(self) -> Done | Failure:
        """Tell the server that the person agrees to cloud sync no longer."""
        match self._send("withdrawConsent", {"input": {"purpose": "CLOUD_SYNC"}}):
            case Failure() as failure:
                return failure
            case {"withdrawConsent": {"purpose": "CLOUD_SYNC"}}:
                return Done()
            case _:
                return _unreadable()

    def sync_blinks(
        self, rows: Sequence[Row], device_id: UUID, ages_ms: Sequence[int], sent_at: datetime
    ) -> list[Receipt] | Failure:
        """Send a batch and return the receipts for those messages that the reply names.

        Args:
            rows: What to send, 1 to 250 rows.
            device_id: Under which device.
            ages_ms: How long ago each message began, -1 where that is unknown.
            sent_at: Now, by this machine's clock, aware UTC.
        """
        batch = columns(rows, device_id, ages_ms, sent_at)
        match self._send("syncBlinks", {"input": batch}):
            case Failure() as failure:
                return failure
            case {
                "syncBlinks": {
                    "messageIds": list(ids),
                    "statuses": list(statuses),
                    "codes": list(codes),
                    "details": list(details),
                }
            } if len(ids) == len(statuses) == len(codes) == len(details):
                told = zip(ids, statuses, codes, details, strict=True)
                return _receipts(told, {row.message.message_id for row in rows})
            case _:
                return _unreadable()

    def track_blink(self, row: Row, sent_at: datetime) -> Receipt | Failure:
        """Send one message from the device of the session.

        Args:
            row: What to send.
            sent_at: Now, by this machine's clock, aware UTC.
        """
        match self._send("trackBlink", {"input": message_input(row, sent_at)}):
            case Failure() as failure:
                return failure
            case {
                "trackBlink": {
                    "messageId": message_id,
                    "status": status,
                    "code": code,
                    "detail": detail,
                }
            }:
                told = [(message_id, status, code, detail)]
                receipts = _receipts(told, {row.message.message_id})
                return receipts if isinstance(receipts, Failure) else receipts[0]
            case _:
                return _unreadable()

    def profile(self, time_zone: str = "UTC") -> Profile | Failure:
        """Ask who is signed in, and for the figures of the present day in a time zone."""
        match self._send("profile", {"timeZone": time_zone}):
            case Failure() as failure:
                return failure
            case {
                "profile": {
                    "email": str(email),
                    "displayName": str(display_name),
                    "consents": list(consents),
                    "today": {"blinks": int(blinks), "seenMs": str() | int() as seen_ms},
                }
            }:
                return Profile(email, display_name, _consents(consents), blinks, int(seen_ms))
            case _:
                return _unreadable()

    def tally(self, device_id: UUID) -> Theirs | Failure:
        """Ask how many messages of a device the server holds."""
        match self._send("tally", {"deviceId": str(device_id)}):
            case Failure() as failure:
                return failure
            case {"tally": {"messages": int(messages), "watermark": str(watermark)}} if (
                watermark.isdecimal()
            ):
                return Theirs(messages, int(watermark))
            case _:
                return _unreadable()

    def health(self) -> str | Failure:
        """Ask how the server is, signed in or not."""
        match self._transport.send("health", {}):
            case Failure() as failure:
                return failure
            case {"health": {"status": str(status)}}:
                return status
            case _:
                return _unreadable()

    def _send(self, operation: str, variables: Mapping[str, Any]) -> Reply:
        """Send within the session, refreshing it once where that is needed."""
        self.go_on()
        tokens = self._tokens
        if tokens is None:
            return Failure(Answer.SIGNED_OUT, "nobody is signed in")
        if tokens.expires_at_s > self._clock():
            reply = self._transport.send(operation, variables, tokens.access)
            if not (isinstance(reply, Failure) and reply.answer is Answer.SIGNED_OUT):
                return reply
        refreshed = self._refreshed(tokens)
        if isinstance(refreshed, Failure):
            return refreshed
        return self._transport.send(operation, variables, refreshed.access)

    def _refreshed(self, used: _Tokens) -> _Tokens | Failure:
        with self._refreshing:
            if self._tokens is not used:  # another thread was first
                return self._tokens or Failure(Answer.SIGNED_OUT, "the session was ended")
            reply = self._transport.send("refreshSession", {"refreshToken": used.refresh})
            match reply:
                case Failure(answer=Answer.REFUSED):
                    # It is not the caller's request that was refused.
                    return replace(reply, answer=Answer.UNKNOWN)
                case Failure():
                    return reply
                case {"refreshSession": {"__typename": "SessionEnded"}}:
                    self._change(None, instead_of=used)
                    return Failure(Answer.SIGNED_OUT, "the session has ended")
                case {"refreshSession": {"__typename": "Erased"}}:
                    self._change(None, instead_of=used)
                    return Failure(Answer.ERASED, "the account was erased")
                case {"refreshSession": {"__typename": "RefreshSuccess"} as success}:
                    return self._gone_on(success, used)
                case _:
                    return _unreadable()

    def _begun(self, success: Mapping[str, Any]) -> SignedIn | Failure:
        tokens = self._read(success)
        if tokens is None:
            return _unreadable()
        self._change(tokens)
        return SignedIn()

    def _gone_on(self, success: Mapping[str, Any], used: _Tokens) -> _Tokens | Failure:
        tokens = self._read(success)
        if tokens is None:
            return _unreadable()
        if not self._change(tokens, instead_of=used):
            return self._tokens or Failure(Answer.SIGNED_OUT, "the session was ended")
        return tokens

    def _change(self, tokens: _Tokens | None, *, instead_of: _Tokens | None = None) -> bool:
        """Go on with other tokens, or none; not if those they come of were replaced meanwhile."""
        with self._changing:
            if instead_of is not None and self._tokens is not instead_of:
                return False
            self._keep(tokens.refresh if tokens else None)
            self._tokens = tokens
            return True

    def _read(self, success: Mapping[str, Any]) -> _Tokens | None:
        match success:
            case {
                "accessToken": str(access),
                "refreshToken": str(refresh),
                "accessExpiresInS": int(lasts_s),
            }:
                return _Tokens(access, refresh, self._clock() + lasts_s - EXPIRY_MARGIN_S)
            case _:
                return None


def _receipts(
    told: Iterable[tuple[Any, Any, Any, Any]], sent: set[UUID]
) -> list[Receipt] | Failure:
    """Return the receipts, unless one is not for a message that was sent, or comes twice."""
    receipts = []
    for message_id, status, code, detail in told:
        try:
            named = UUID(message_id)
        except (ValueError, TypeError, AttributeError):
            return _unreadable()
        if named not in sent or not isinstance(status, str):
            return _unreadable()
        reason = " ".join(word for word in (code, detail) if isinstance(word, str))
        receipts.append(Receipt(named, verdict(status, code), reason))
    if len({receipt.message_id for receipt in receipts}) < len(receipts):
        return _unreadable()
    return receipts


def _consents(consents: list[Any]) -> bool:
    return any(
        isinstance(consent, dict)
        and consent.get("purpose") == "CLOUD_SYNC"
        and consent.get("withdrawnAt") is None
        for consent in consents
    )


def _unreadable() -> Failure:
    return Failure(Answer.UNREADABLE, "the server's reply cannot be read")
