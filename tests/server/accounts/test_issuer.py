"""What an issuer says is believed if it is signed by it, for us, for this sign-in, and now.

A real provider issues no wrong tokens and does not misbehave, so here is one that does; what
goes right is tested against a real one in test_login_with_oidc.py and test_oidc.py.
"""

from __future__ import annotations

import base64
import hmac
import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from waw_server.accounts.issuer import (
    KEPT_S,
    MAX_BYTES,
    RENEWED_AFTER_S,
    Client,
    Issuer,
    IssuerDown,
    NotProven,
)

WAW = Client("waw")
NONCE = "n" * 43
KEY, NEXT_KEY = (RSAKey.generate_key(2048, {"kid": kid, "use": "sig"}) for kid in ("1", "2"))


class Forger:
    """An issuer that says whatever a test wants."""

    def __init__(self):
        self.said = {}
        self.asked = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.say("/.well-known/openid-configuration", self.description())
        self.say("/keys", {"keys": [KEY.as_dict(private=False)]})

    def description(self, **changes):
        """Return its metadata."""
        names = ("authorization", "token")
        endpoints = {f"{name}_endpoint": f"{self.url}/{name}" for name in names}
        return {"issuer": self.url, "jwks_uri": f"{self.url}/keys", **endpoints, **changes}

    def say(self, path, body, status=200, **headers):
        """Answer so from now on."""
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.said[path] = (status, text, headers)

    def token(self, now, key=KEY, alg="RS256", **changes):
        """Return an ID token that is right but for the changes; None leaves a claim out."""
        at = int(now.timestamp())
        claims = {
            "iss": self.url,
            "aud": "waw",
            "sub": "alice",
            "nonce": NONCE,
            "iat": at,
            "exp": at + 300,
            "email": "alice@example.com",
            "email_verified": True,
            **changes,
        }
        kept = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": alg, "kid": key.kid} if key.kid else {"alg": alg}
        return jwt.encode(header, kept, key, algorithms=[alg])

    def _handler(forger):  # noqa: N805 - the handler has a self of its own
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                forger.asked.append(self.path)
                status, text, headers = forger.said.get(self.path, (404, b"", {}))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_POST = do_GET  # noqa: N815 - the name that the base class looks for

            def log_message(self, *_arguments):
                pass

        return Handler


@pytest.fixture
def forger():
    it = Forger()
    threading.Thread(target=it.server.serve_forever, args=(0.02,), daemon=True).start()
    yield it
    it.server.shutdown()
    it.server.server_close()


def _verified(forger, token, now, issuer=None):
    issuer = issuer or Issuer(forger.url)
    return issuer.verified(token, client=WAW, nonce=NONCE, now=now)


def test_a_right_token(forger, now):
    claims = _verified(forger, forger.token(now, hd="example.com", name="Alice"), now)

    assert (claims.issuer, claims.subject, claims.email) == (
        *(forger.url, "alice", "alice@example.com"),
    )
    assert (claims.is_email_verified, claims.hosted_domain, claims.name) == (
        *(True, "example.com", "Alice"),
    )


@pytest.mark.parametrize("value", [False, None, "true", 1])
def test_verified_is_what_says_so_in_full(forger, now, value):
    assert not _verified(forger, forger.token(now, email_verified=value), now).is_email_verified


def test_an_address_that_is_no_text_is_none(forger, now):
    assert _verified(forger, forger.token(now, email=["a@example.com"]), now).email == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://accounts.example.com"},
        {"iss": None},
        {"aud": "another"},
        {"aud": ["waw", "another"]},
        {"aud": None},
        {"azp": "another"},
        {"nonce": "m" * 43},
        {"nonce": None},
        {"sub": None},
        {"sub": 12},
        {"exp": None},
        {"exp": 1},
        {"exp": "tomorrow"},
        {"iat": None},
        {"iat": 1 << 40},
    ],
    ids=str,
)
def test_a_claim_that_is_wrong(forger, now, changes):
    with pytest.raises(NotProven):
        _verified(forger, forger.token(now, **changes), now)


def test_it_expires(forger, now):
    """A minute later than it says, for clocks differ."""
    token = forger.token(now)

    assert _verified(forger, token, now + timedelta(seconds=359))
    with pytest.raises(NotProven):
        _verified(forger, token, now + timedelta(seconds=360))


def test_a_signature_of_somebody_else(forger, now):
    """By another key of the same name, by the public key as a password, and by none."""
    other = RSAKey.generate_key(2048, {"kid": "1"})
    header, body, _ = forger.token(now).split(".")
    shared = OctKey.generate_key(256, {"kid": "1"})
    by_secret = forger.token(now, key=shared, alg="HS256").partition(".")[0]
    forged = hmac.digest(KEY.as_pem(private=False), f"{by_secret}.{body}".encode(), "sha256")
    signature = base64.urlsafe_b64encode(forged).decode().rstrip("=")

    for token in (
        forger.token(now, key=other),
        forger.token(now, key=shared, alg="HS256"),
        f"{by_secret}.{body}.{signature}",
        f"{header}.{body}.",
        f"eyJhbGciOiJub25lIn0.{body}.",
        *("", "a.b.c", "é"),
    ):
        with pytest.raises(NotProven):
            _verified(forger, token, now)


def test_keys_are_asked_for_once_and_again_when_they_change(forger, now):
    """A token by a key that is not known asks once more, though not for every forgery."""
    time_s = [0.0]
    issuer = Issuer(forger.url, clock=lambda: time_s[0])
    for _ in range(3):
        _verified(forger, forger.token(now), now, issuer)
    assert forger.asked.count("/keys") == 1

    forger.say("/keys", {"keys": [NEXT_KEY.as_dict(private=False)]})
    for _ in range(3):
        with pytest.raises(NotProven):
            _verified(forger, forger.token(now, key=NEXT_KEY), now, issuer)
    assert forger.asked.count("/keys") == 1
    time_s[0] = RENEWED_AFTER_S + 1

    assert _verified(forger, forger.token(now, key=NEXT_KEY), now, issuer)
    assert forger.asked.count("/keys") == 2
    time_s[0] += KEPT_S + 1
    assert _verified(forger, forger.token(now, key=NEXT_KEY), now, issuer)
    assert len(forger.asked) == 5  # the description again, too


@pytest.mark.parametrize(
    "path, body, status, headers",
    [
        ("/.well-known/openid-configuration", b"", 500, {}),
        ("/.well-known/openid-configuration", b"<html>", 200, {}),
        ("/.well-known/openid-configuration", [], 200, {}),
        ("/.well-known/openid-configuration", {}, 302, {"Location": "/keys"}),
        ("/.well-known/openid-configuration", {"issuer": "https://x.example.com"}, 200, {}),
        ("/.well-known/openid-configuration", b" " * (MAX_BYTES + 1), 200, {}),
        ("/keys", b"", 503, {}),
        ("/keys", b"{", 200, {}),
    ],
)
def test_an_issuer_that_does_not_answer_as_one(forger, now, path, body, status, headers):
    """It is down as far as we can tell; nothing is kept of what it said."""
    right = forger.said[path]
    forger.say(path, body, status, **headers)
    issuer, token = Issuer(forger.url), forger.token(now)
    with pytest.raises(IssuerDown):
        _verified(forger, token, now, issuer)

    forger.said[path] = right

    assert _verified(forger, token, now, issuer)


def test_keys_that_are_none(forger, now):
    forger.say("/keys", {"keys": [{"kty": "unheard of"}]})

    with pytest.raises(NotProven):
        _verified(forger, forger.token(now), now)


def test_an_endpoint_less_safe_than_the_issuer(forger):
    forger.say(
        "/.well-known/openid-configuration",
        forger.description(authorization_endpoint="ftp://127.0.0.1/"),
    )

    with pytest.raises(IssuerDown, match="unencrypted"):
        _ = Issuer(forger.url).authorization_endpoint


def test_nobody_there(now):
    with pytest.raises(IssuerDown):
        Issuer("http://127.0.0.1:9").verified("a.b.c", client=WAW, nonce=NONCE, now=now)


@pytest.mark.parametrize(
    "body, status, outcome",
    [
        ({"error": "invalid_grant"}, 400, NotProven),
        ({"error": "invalid_client"}, 401, IssuerDown),
        ({"access_token": "a"}, 200, NotProven),
        ({"access_token": "a", "id_token": 5}, 200, NotProven),
        ([], 200, IssuerDown),
        (b"<html>", 200, IssuerDown),
        ({}, 502, IssuerDown),
        (b"{" + b" " * MAX_BYTES, 200, IssuerDown),
    ],
)
def test_what_may_come_of_a_code(forger, body, status, outcome):
    forger.say("/token", body, status)

    with pytest.raises(outcome):
        Issuer(forger.url).exchange(WAW, code="c", verifier="v", redirect_uri="http://127.0.0.1/")


def test_a_code_becomes_a_token(forger):
    forger.say("/token", {"access_token": "a", "token_type": "Bearer", "id_token": "a.b.c"})

    for client in (WAW, Client("waw", "secret")):
        assert (
            Issuer(forger.url).exchange(
                client, code="c", verifier="v", redirect_uri="http://127.0.0.1/"
            )
            == "a.b.c"
        )
    assert "secret" not in repr(Client("waw", "secret"))
