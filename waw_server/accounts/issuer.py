"""An issuer of OpenID Connect, Google unless said otherwise: where it is, and what it proves.

Whatever it sends is bounded in time and size, and believed only with a signature of its own.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

SCOPE = "openid email profile"
# What OpenID providers sign with; none, and those with a shared secret, are not among them.
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
WAIT_S = (3.0, 5.0)  # for the connection, for the next part
TOTAL_S = 10.0
MAX_BYTES = 1 << 18
KEPT_S = 3600.0  # metadata and keys
RENEWED_AFTER_S = 60.0  # keys, when one is missing: an issuer changes its keys, a forger nothing
LEEWAY_S = 60  # between the issuer's clock and ours


class IssuerDown(Exception):
    """The issuer does not answer, or not as one; the password still works."""


class NotProven(Exception):
    """The issuer does not vouch for what was shown."""


@dataclass(frozen=True, slots=True)
class Client:
    """As whom the issuer knows us.

    Attributes:
        id: Public.
        secret: Empty for a client that cannot keep one.
    """

    id: str
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Claims:
    """Who somebody is, in the issuer's words.

    Attributes:
        issuer: Its address.
        subject: Theirs at this issuer, for good.
        email: Empty if it does not tell.
        is_email_verified: Whether it has seen that the address is theirs.
        hosted_domain: Google's: the organisation that the account belongs to; else empty.
        name: Empty if it does not tell.
    """

    issuer: str
    subject: str
    email: str
    is_email_verified: bool
    hosted_domain: str
    name: str


class Issuer:
    """One issuer; threads may share it."""

    def __init__(self, url: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Ask nothing yet.

        Args:
            url: Of the issuer, exactly as it writes itself.
            clock: Monotonic seconds, by which what it said grows old.
        """
        self.url = url
        self._clock = clock
        self._kept: dict[str, tuple[float, dict[str, Any]]] = {}

    @property
    def authorization_endpoint(self) -> str:
        """Where a browser is sent.

        Raises:
            IssuerDown: If the issuer does not say.
        """
        return self._endpoint("authorization_endpoint")

    def exchange(self, client: Client, *, code: str, verifier: str, redirect_uri: str) -> str:
        """Return the ID token for a code.

        Raises:
            IssuerDown: If the issuer does not answer, or does not know us.
            NotProven: If code, verifier and address do not belong together.
        """
        method = "client_secret_basic" if client.secret else "none"
        with _Session(
            client.id,
            client.secret or None,
            token_endpoint_auth_method=method,
            redirect_uri=redirect_uri,
        ) as session:
            try:
                reply = session.fetch_token(
                    self._endpoint("token_endpoint"),
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=verifier,
                )
            except OAuthError as error:
                if error.error in ("invalid_client", "unauthorized_client"):
                    raise IssuerDown("the issuer does not know this server") from error
                raise NotProven from error
            except (requests.RequestException, ValueError, TypeError) as error:
                raise IssuerDown("the issuer does not answer") from error
        id_token = reply.get("id_token")
        if not isinstance(id_token, str):
            raise NotProven
        return id_token

    def verified(self, id_token: str, *, client: Client, nonce: str, now: datetime) -> Claims:
        """Return what an ID token says, if it is for us, for this sign-in, and for now.

        Raises:
            IssuerDown: If the issuer's keys cannot be had.
            NotProven: If anything of it is wrong.
        """
        token = self._decoded(id_token)
        rules = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self.url},
            aud={"essential": True, "value": client.id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            rules.validate(token)
        except JoseError as error:
            raise NotProven from error
        # A token for several parties says for whom it was made (Core, 3.1.3.7).
        if token.get("azp", client.id) != client.id or token["aud"] not in (
            client.id,
            [client.id],
        ):
            raise NotProven
        return Claims(
            issuer=self.url,
            subject=token["sub"],
            email=_text(token, "email"),
            is_email_verified=token.get("email_verified") is True,
            hosted_domain=_text(token, "hd"),
            name=_text(token, "name"),
        )

    def _decoded(self, id_token: str) -> dict[str, Any]:
        try:
            return self._signed(id_token, KEPT_S)
        except NotProven:
            return self._signed(id_token, RENEWED_AFTER_S)

    def _signed(self, id_token: str, keys_kept_s: float) -> dict[str, Any]:
        address = self._endpoint("jwks_uri")
        found = self._read(address, keys_kept_s)
        keys = [it for it in found.get("keys", []) if it.get("use", "sig") == "sig"]
        try:
            known = KeySet.import_key_set({"keys": keys})
            return jwt.decode(id_token, known, algorithms=ALGORITHMS).claims
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise NotProven from error

    def _endpoint(self, name: str) -> str:
        """Return an address of the issuer's, which is as safe as its own."""
        address = f"{self.url.rstrip('/')}/.well-known/openid-configuration"
        metadata = self._read(address, KEPT_S)
        endpoint = metadata.get(name)
        if metadata.get("issuer") != self.url or not isinstance(endpoint, str):
            self._kept.pop(address, None)
            raise IssuerDown("the issuer's description is not its own")
        if urlsplit(endpoint).scheme not in ("https", urlsplit(self.url).scheme):
            raise IssuerDown("the issuer would have us talk unencrypted")
        return endpoint

    def _read(self, address: str, kept_s: float) -> dict[str, Any]:
        """Return what is at an address, from memory if it is not older than `kept_s`."""
        read_at_s, found = self._kept.get(address, (float("-inf"), {}))
        if self._clock() - read_at_s <= kept_s:
            return found
        with _Session() as session:
            try:
                reply = session.get(address, withhold_token=True)
                reply.raise_for_status()
                found = json.loads(reply.content)
            except (requests.RequestException, ValueError) as error:
                raise IssuerDown("the issuer does not answer") from error
        if reply.status_code != 200 or not isinstance(found, dict):
            raise IssuerDown("the issuer does not answer as one")
        self._kept[address] = (self._clock(), found)
        return found


class _Session(OAuth2Session):  # type: ignore[misc] # Authlib ships no types
    """Authlib's, with an end to each wait and to each reply, and no way elsewhere."""

    def request(self, method: str, url: str, **more: Any) -> requests.Response:
        """Ask, and read at most so much for at most so long.

        Raises:
            requests.RequestException: If that is not enough, or there is no answer.
        """
        bounds = {"stream": True, "allow_redirects": False, "timeout": WAIT_S}
        headers = {**(more.pop("headers", None) or {}), "Accept-Encoding": "identity"}
        response: requests.Response = super().request(
            method, url, headers=headers, **{**more, **bounds}
        )
        with response:
            response._content = _body(response)  # noqa: SLF001 - what `content` would read without bounds
        return response


def _body(response: requests.Response) -> bytes:
    body, until_s = b"", time.monotonic() + TOTAL_S
    try:
        while part := response.raw.read1(1 << 16):
            body += part
            if len(body) > MAX_BYTES or time.monotonic() > until_s:
                raise requests.ConnectionError("the reply does not end")
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise requests.ConnectionError("the reply breaks off") from error
    return body


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""
