"""What is no GraphQL request is refused with its reason, in one line of JSON, never with 500."""

import json

import pytest
from django.test import Client

URL = "/graphql"
HEALTH = "{ health { status } }"
JSON = "application/json"


def _json(value):
    return json.dumps(value).encode()


def _padded(size):
    """Return a request for health that is so many bytes long."""
    empty = _json({"query": HEALTH, "variables": {"a": ""}})
    return _json({"query": HEALTH, "variables": {"a": "x" * (size - len(empty))}})


def _sent(body, content_type=JSON, **headers):
    return Client().generic("POST", URL, body, CONTENT_TYPE=content_type, headers=headers)


def _is_one_line_of_json(reply):
    assert reply.headers["Content-Type"] == JSON
    assert b"\n" not in reply.content
    (error,) = json.loads(reply.content)["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    return error["message"]


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
def test_only_post(method):
    """Nothing can be asked by following a link."""
    reply = getattr(Client(), method)(URL + "?query={health{status}}")

    assert reply.status_code == 405
    assert reply.headers["Allow"] == "POST"
    if method != "head":
        assert _is_one_line_of_json(reply) == "Send a POST request."


@pytest.mark.parametrize(
    "_case, content_type",
    [
        ("a form, which any page may send", "application/x-www-form-urlencoded"),
        ("a form with files", "multipart/form-data; boundary=b"),
        ("text, which any page may send", "text/plain"),
        ("the bare document", "application/graphql"),
        ("nothing", ""),
        ("nearly", "application/json-seq"),
    ],
)
def test_only_json(_case, content_type):
    reply = _sent(_json({"query": HEALTH}), content_type)

    assert reply.status_code == 415
    assert _is_one_line_of_json(reply) == "Send application/json."


@pytest.mark.parametrize(
    "_case, body, message",
    [
        ("nothing", b"", "The body is not JSON in UTF-8."),
        ("half of it", b'{"query": "', "The body is not JSON in UTF-8."),
        ("two of them", _json({"query": HEALTH}) * 2, "The body is not JSON in UTF-8."),
        ("not a number", b'{"query": NaN}', "The body is not JSON in UTF-8."),
        ("Latin-1", '{"query": "é"}'.encode("latin-1"), "The body is not JSON in UTF-8."),
        ("UTF-16", '{"query": "{a}"}'.encode("utf-16"), "NUL is not allowed."),
        ("a lone surrogate", b'{"query": "\\ud800"}', "The body is not JSON in UTF-8."),
        ("an overlong form", b'{"query": "\xc0\xaf"}', "The body is not JSON in UTF-8."),
        ("a NUL", b'{"query": "\0"}', "NUL is not allowed."),
        ("a NUL written out", b'{"query": "\\u0000"}', "NUL is not allowed."),
        ("null", b"null", "Send one object with a query."),
        ("a number", b"7", "Send one object with a query."),
        ("text", b'"{ health { status } }"', "Send one object with a query."),
        ("a batch", _json([{"query": HEALTH}] * 2), "Send one object with a query."),
        ("an empty batch", b"[]", "Send one object with a query."),
        ("an empty object", b"{}", "Send one object with a query."),
        ("no text as query", b'{"query": 7}', "Send one object with a query."),
        ("a stored query", b'{"id": "abc"}', "Send one object with a query."),
        ("an empty query", b'{"query": ""}', None),
        (
            "variables in a list",
            _json({"query": HEALTH, "variables": []}),
            "variables is not of the right kind.",
        ),
        (
            "variables as text",
            _json({"query": HEALTH, "variables": "{}"}),
            "variables is not of the right kind.",
        ),
        (
            "a number as name",
            _json({"query": HEALTH, "operationName": 7}),
            "operationName is not of the right kind.",
        ),
        (
            "a list of extensions",
            _json({"query": HEALTH, "extensions": [1]}),
            "extensions is not of the right kind.",
        ),
        ("65 arrays", b"[" * 65 + b"]" * 65, "Nest at most 64 deep."),
        ("100,000 arrays", b"[" * 100_000, "Nest at most 64 deep."),
        ("objects in a field", b'{"query":' + b'{"a":' * 70_000, "Nest at most 64 deep."),
        ("nested after closing too much", b"]" * 50_000 + b"[" * 100_000, None),
        (
            "nested after text with a quote",
            b'["\\"",' + b"[" * 64 + b"]" * 64 + b"]",
            "Nest at most 64 deep.",
        ),
        (
            "no operation of that name",
            _json({"query": "query A { health { status } }", "operationName": "B"}),
            None,
        ),
        (
            "a subscription, which is for sockets",
            _json({"query": "subscription { blinkUpdates { __typename } }"}),
            "subscriptions are not allowed when using POST",
        ),
        ("only a fragment", _json({"query": "fragment F on Query { health { status } }"}), None),
        ("only a type", _json({"query": "type T { a: Int }"}), None),
    ],
)
def test_what_is_no_request(db, _case, body, message):
    reply = _sent(body)

    assert reply.status_code == 400
    found = _is_one_line_of_json(reply)
    assert message is None or found == message


@pytest.mark.parametrize(
    "_case, body",
    [
        ("the least", _json({"query": HEALTH})),
        ("with nothing for the rest", _json({"query": HEALTH, "variables": None})),
        (
            "64 deep",
            b'{"query":"{ health { status } }","variables":{"a":' + b"[" * 62 + b"]" * 62 + b"}}",
        ),
        ("many arrays side by side", _json({"query": HEALTH, "variables": {"a": [[]] * 1000}})),
        ("text full of brackets", _json({"query": HEALTH, "variables": {"a": "[{" * 100_000}})),
        (
            "brackets after a quote in text",
            _json({"query": HEALTH, "variables": {"a": '\\"' + "[{" * 1000 + '\\\\"'}}),
        ),
        ("with an extension", _json({"query": HEALTH, "extensions": {"b": 1}})),
        ("as large as may be", _padded(1 << 20)),
    ],
)
def test_what_is_a_request(db, _case, body):
    reply = _sent(body, JSON + "; charset=utf-8")

    assert (reply.status_code, reply.json()) == (200, {"data": {"health": {"status": "ok"}}})


def test_too_large():
    """A byte more than a mebibyte, whatever it holds."""
    reply = _sent(_padded((1 << 20) + 1))

    assert reply.status_code == 413
    assert _is_one_line_of_json(reply) == "Send at most 1048576 bytes."


@pytest.mark.parametrize(
    "_case, length, status", [("no number", "many", 400), ("less than nothing", "-5", 400)]
)
def test_a_length_that_is_none(_case, length, status):
    reply = Client(raise_request_exception=False).generic(
        "POST", URL, _json({"query": HEALTH}), content_type=JSON, CONTENT_LENGTH=length
    )

    assert reply.status_code == status
    _is_one_line_of_json(reply)


@pytest.mark.parametrize(
    "_case, query",
    [
        ("syntax", "{{{{"),
        ("blank", "   "),
        ("a field that there is not", "{ passwords }"),
        ("10,000 selections deep", "{a" * 10_000),
        ("10,000 lists deep", "{ a(b: " + "[" * 10_000),
        ("10,000 objects deep", "{ a(b: " + "{c:" * 10_000),
        ("a type 10,000 lists deep", "query ($a: " + "[" * 10_000),
        ("a fragment within itself", "{ ...F } fragment F on Query { ...F }"),
    ],
)
def test_what_is_no_document_is_answered_with_its_reason(db, _case, query):
    """As GraphQL does: 200, no data, one error with a code; and no hint of another name."""
    reply = _sent(_json({"query": query}))

    assert (reply.status_code, reply.json()["data"]) == (200, None)
    assert "Did you mean" not in _is_one_line_of_json(reply)


@pytest.mark.parametrize(
    "_case, header",
    [
        ("nothing", None),
        ("another scheme", "Basic YWxpY2U6cGFzc3dvcmQ="),
        ("no token", "Bearer"),
        ("an empty token", "Bearer  "),
        ("nonsense", "Bearer \xff\xfe"),
        ("very long", "Bearer " + "x" * 10_000),
    ],
)
def test_who_holds_no_token_is_nobody(db, _case, header):
    headers = {} if header is None else {"Authorization": header}

    answer = _sent(_json({"query": "{ profile { id } }"}), **headers).json()

    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


def test_the_scheme_may_be_written_in_any_case(alice, signed_in):
    header = f"bearer   {signed_in(alice).access} "

    answer = _sent(_json({"query": "{ profile { email } }"}), Authorization=header).json()

    assert answer == {"data": {"profile": {"email": "alice@example.com"}}}


def test_the_headers_that_protect_are_those_of_pages(db):
    """Though the request never reaches what pages need."""
    names = [
        *("X-Content-Type-Options", "X-Frame-Options"),
        *("Referrer-Policy", "Cross-Origin-Opener-Policy"),
    ]

    api, page = _sent(_json({"query": HEALTH})), Client().get("/admin/login/")

    assert page.status_code == 200
    assert {name: api.headers.get(name) for name in names} == {
        name: page.headers[name] for name in names
    }
    assert api.headers["Content-Length"] == str(len(api.content))
    assert "Cookie" not in api.headers.get("Vary", "")


@pytest.mark.parametrize("is_secure, status", [(False, 403), (True, 200)])
def test_plain_http_is_refused_where_https_is_asked_for(db, settings, is_secure, status):
    """As production asks: what was sent that way has been read by whoever was on the way."""
    settings.SECURE_SSL_REDIRECT = True

    reply = Client().generic(
        "POST", URL, _json({"query": HEALTH}), content_type=JSON, secure=is_secure
    )

    assert reply.status_code == status


def test_a_host_that_is_not_ours_is_refused():
    """Before anything is asked of the database."""
    reply = _sent(_json({"query": HEALTH}), host="evil.example.com")

    assert reply.status_code == 400


@pytest.mark.parametrize("path", ["/graphql/", "/graphql/more", "/Graphql", "/"])
def test_other_paths_are_pages(db, path):
    assert Client().generic("POST", path, b"{}", content_type=JSON).status_code == 404


def test_a_cookie_opens_nothing(charlie):
    """Nobody signed in to the admin is signed in here, so a forged request has no use."""
    browser = Client()
    browser.force_login(charlie)

    reply = browser.generic("POST", URL, _json({"query": "{ profile { id } }"}), content_type=JSON)

    assert reply.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert not reply.cookies


PAGE = "https://dashboard.example.com"


def _preflight(origin, **headers):
    asked = {"Access-Control-Request-Method": "POST", "Origin": origin, **headers}
    return Client().options(URL, headers=asked)


def test_pages_that_the_settings_name_may_ask(db, settings):
    """With a token on purpose, and never with a cookie."""
    settings.CORS_ALLOWED_ORIGINS = [PAGE]

    before = _preflight(PAGE)
    reply = _sent(_json({"query": HEALTH}), Origin=PAGE)

    assert before.status_code == 200
    assert before.headers["Access-Control-Allow-Methods"] == "POST"
    assert before.headers["Access-Control-Allow-Headers"] == "authorization, content-type"
    assert reply.headers["Access-Control-Expose-Headers"] == "retry-after"
    for it in (before, reply):
        assert it.headers["Access-Control-Allow-Origin"] == PAGE
        assert "Access-Control-Allow-Credentials" not in it.headers
        assert "origin" in it.headers["Vary"]


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://dashboard.example.com",
        "https://dashboard.example.com.evil.example",
        "null",
        "nonsense",
    ],
)
def test_other_pages_may_not(db, settings, origin):
    settings.CORS_ALLOWED_ORIGINS = [PAGE]

    for reply in (_preflight(origin), _sent(_json({"query": HEALTH}), Origin=origin)):
        assert "Access-Control-Allow-Origin" not in reply.headers


def test_only_the_api_may_be_asked_from_elsewhere(db, settings):
    settings.CORS_ALLOWED_ORIGINS = [PAGE]

    reply = Client().get("/admin/login/", headers={"Origin": PAGE})

    assert "Access-Control-Allow-Origin" not in reply.headers
