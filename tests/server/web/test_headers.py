"""What every answer says to browsers: in production, by the real server, at every address."""

from __future__ import annotations

import http.client
import re
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.server.test_settings import OWN
from waw_server.ops.serving import serving
from waw_server.web.headers import policy

HOST = "waw.example.com"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# What every answer says; what a page may say otherwise is below.
SAID = {
    "Content-Security-Policy": POLICY,
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# Addresses that carry a key tell it to nobody, not even to ourselves.
SECRETIVE = {"/invitation/x", "/password/reset/x"}
# For each kind of part that an address may have.
SAMPLES = {"path": "1", "int": "1", "str": "x", "slug": "x", "uuid": f"{1:032x}"}


def addresses(patterns=None, before=""):
    """Return an address for each route there is, whoever added it."""
    found = set()
    for it in get_resolver().url_patterns if patterns is None else patterns:
        route = before + _filled(str(it.pattern))
        if isinstance(it, URLResolver):
            found |= addresses(it.url_patterns, route)
        else:
            assert isinstance(it, URLPattern)
            found.add(f"/{route}")
    return found


def _filled(route):
    """Return a route with something for each of its parts, be it a path or an expression."""
    route = re.sub(r"<(?:(\w+):)?\w+>", lambda part: SAMPLES[part[1] or "str"], route)
    route = re.sub(r"\(\?P<\w+>[^()]*\)", "x", route)
    return route.lstrip("^").rstrip("$").removesuffix(r"\Z")


@pytest.fixture(scope="module")
def production(django_db_setup, django_db_blocker):
    """Return a function that asks the real server, which runs as in production."""
    from django.conf import settings

    it = settings.DATABASES["default"]
    url = f"postgresql://{it['USER']}:{it['PASSWORD']}@{it['HOST']}:{it['PORT']}/{it['NAME']}"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**OWN, "DATABASE_URL": url, "TRUSTED_PROXIES": "127.0.0.1"}.items():
            patch.setenv(name, value)
        with serving(preferred_port=0) as address:
            yield lambda *given, **more: _asked(urlsplit(address).port, *given, **more)


def _asked(port, path, method="GET", body=None, **headers):
    """Ask as the proxy in front would, and return the reply and what it contains."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    headers = {"Host": HOST, "X-Forwarded-Proto": "https", **headers}
    connection.request(method, path, body, {k: v for k, v in headers.items() if v is not None})
    reply = connection.getresponse()
    content = reply.read().decode()
    connection.close()
    return reply, content


def test_every_address_says_all_of_it(production):
    """Pages, redirects, refusals, and what is not there."""
    told = {path: production(path)[0] for path in addresses() | {"/graphql", "/nowhere"}}

    assert len(told) > 30  # the search itself works
    assert {
        (path, name): reply.headers[name]
        for path, reply in told.items()
        for name, value in SAID.items()
        if reply.headers[name]
        != ("no-referrer" if name == "Referrer-Policy" and path in SECRETIVE else value)
    } == {}
    assert {path for path, reply in told.items() if reply.status >= 500} == set()


def test_what_is_about_a_person_is_kept_nowhere(production):
    """By no browser and no proxy: all but files that are the same for everybody."""
    told = {path: production(path)[0] for path in addresses() | {"/graphql", "/nowhere"}}

    assert {path for path, reply in told.items() if "no-store" not in _cache(reply)} == set()


def _cache(reply):
    return reply.headers["Cache-Control"] or ""


@pytest.mark.parametrize(
    "_case, headers, status",
    [
        ("a host that is not ours", {"Host": "evil.example.com"}, 400),
        ("plain http", {"X_Forwarded_Proto": None}, 301),
        ("claimed to be plain", {"X_Forwarded_Proto": "http"}, 301),
    ],
)
def test_refusals_say_it_too(production, _case, headers, status):
    """HSTS aside, which nobody believes by plain http."""
    reply, _ = production("/admin/", **headers)

    assert reply.status == status
    assert reply.headers["Content-Security-Policy"] == POLICY
    if status == 301:
        assert reply.headers["Location"] == f"https://{HOST}/admin/"


def test_the_api_by_plain_http_is_refused_not_redirected(production):
    """A client must notice: its token has been sent in the clear."""
    reply, content = production(
        "/graphql",
        "POST",
        '{"query": "{ health { status } }"}',
        Content_Type="application/json",
        X_Forwarded_Proto=None,
    )

    assert (reply.status, reply.headers["Location"]) == (403, None)
    assert "Send requests by https" in content


def test_the_api_by_https_answers(production):
    reply, content = production(
        "/graphql",
        "POST",
        '{"query": "{ health { status database version } }"}',
        Content_Type="application/json",
    )

    assert reply.status == 200
    assert content == '{"data":{"health":{"status":"ok","database":"ok","version":null}}}'


def test_cookies_are_for_this_host_by_https_alone(production):
    """Out of reach of scripts, and not sent along by other sites' forms."""
    reply, _ = production("/admin/login/")

    (cookie,) = reply.headers.get_all("Set-Cookie")
    assert cookie.startswith("__Host-waw-csrf=")
    assert {part.strip() for part in cookie.split(";")[1:]} >= {
        *("HttpOnly", "Secure", "SameSite=Lax", "Path=/")
    }
    assert "Domain" not in cookie


def test_no_answer_says_what_it_is_made_of(production):
    """No version, no host, no path of the machine."""
    for path in ("/admin/login/", "/nowhere", "/graphql"):
        reply, content = production(path)

        said = f"{reply.headers}{content}"
        assert not re.search(r"django/|granian|python|psycopg|traceback", said, re.IGNORECASE)


def test_a_session_of_the_admin_ends_within_a_working_day(db, charlie):
    """Its cookie is as guarded as the other one; development has no https to ask for."""
    browser = Client()
    browser.post("/admin/login/", {"username": charlie.email, "password": "charlie's password"})

    cookie = browser.cookies["waw-session"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert cookie["max-age"] == 12 * 3600


def test_a_page_may_differ_in_a_directive():
    """The others stay; nothing unsafe is in any."""
    assert policy() == POLICY
    changed = policy({"font-src": ["'self'", "data:"]})
    assert changed == POLICY.replace("font-src 'self'", "font-src 'self' data:")
    assert "unsafe" not in changed


def test_files_are_kept_for_a_while(db):
    """They say so themselves, and carry the rest."""
    reply = Client().get("/static/admin/css/base.css")

    assert reply.headers["Content-Security-Policy"] == POLICY
    assert "no-store" not in reply.headers["Cache-Control"]
    reply.close()
