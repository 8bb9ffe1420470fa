"""Unforeseen errors are masked and logged under an id; no line of a log holds a secret."""

import logging
from contextlib import contextmanager

import pytest
from django.db import InterfaceError, OperationalError, connection, transaction
from graphql import GraphQLError

from tests.server.api.conftest import code_of
from waw_server.accounts.selectors import NotSignedIn
from waw_server.api.errors import CODES, coded
from waw_server.api.rates import TooMany

WAITED_FOR = {TooMany, OperationalError, InterfaceError}
PROFILE = "{ profile { email devices { id } } }"


@pytest.fixture
def without(db):
    """Return a context in which a table is gone."""

    @contextmanager
    def without(table):
        before = transaction.savepoint()
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} RENAME TO gone")
        yield
        transaction.set_rollback(False)
        transaction.savepoint_rollback(before)

    return without


def test_what_was_not_foreseen_is_masked(post, alice, signed_in, without, caplog):
    """The client gets an id, we find the cause under it."""
    token = signed_in(alice).access

    with without("blinks_device"):
        answer = post(PROFILE, token=token)

    (error,) = answer["errors"]
    (line,) = caplog.records
    assert answer["data"] is None
    assert error["message"] == "Something went wrong on our side."
    assert error["path"] == ["profile", "devices"]
    assert set(error["extensions"]) == {"code", "errorId"}
    assert error["extensions"]["code"] == "INTERNAL"
    assert line.getMessage() == f"unforeseen error {error['extensions']['errorId']}"
    assert (line.name, line.levelname) == ("waw_server.api.errors", "ERROR")
    assert 'relation "blinks_device" does not exist' in caplog.text


def test_each_gets_an_id_of_its_own(post, alice, signed_in, without):
    token = signed_in(alice).access
    ids = set()
    for _ in range(3):
        with without("blinks_device"):
            ids.add(post(PROFILE, token=token)["errors"][0]["extensions"]["errorId"])

    assert len(ids) == 3


@pytest.mark.parametrize(
    "cause, code, message", [(k, *v) for k, v in CODES.items() if k not in WAITED_FOR]
)
def test_each_foreseen_one_has_its_code(cause, code, message, caplog):
    """And is no fault of ours, so it is not logged."""
    error = GraphQLError("words of the exception", original_error=cause("the reason"))

    found = coded(error)

    assert found.extensions == {"code": code}
    assert found.message == message.format("the reason")
    assert not caplog.records


def test_one_that_asked_too_often_learns_how_long_to_wait():
    found = coded(GraphQLError("", original_error=TooMany(6.5)))

    assert found.extensions == {"code": "RATE_LIMITED", "retryAfterS": 7}
    assert found.message == "Too many requests; come again in 7 s."


@pytest.mark.parametrize("fault", [OperationalError, InterfaceError])
def test_a_database_that_does_not_answer_is_worth_another_try(fault, caplog):
    """One line of it is logged: the others may quote a row."""
    found = coded(GraphQLError("", original_error=fault("connection refused\nDETAIL: s3cret")))

    assert found.extensions == {"code": "UNAVAILABLE", "retryAfterS": 5}
    assert found.message == "The database does not answer; try again."
    (line,) = caplog.records
    assert line.getMessage() == "the database does not answer: connection refused"
    assert (line.levelname, line.exc_info) == ("WARNING", None)


@pytest.mark.parametrize(
    "_case, error, code, message",
    [
        ("from the library", GraphQLError("unknown field"), "BAD_USER_INPUT", "unknown field"),
        (
            "raised by us",
            GraphQLError("outer", original_error=GraphQLError("seq: too great")),
            "BAD_USER_INPUT",
            "outer",
        ),
        ("with a code", GraphQLError("no", extensions={"code": "FORBIDDEN"}), "FORBIDDEN", "no"),
    ],
)
def test_others_keep_their_words(_case, error, code, message, caplog):
    found = coded(error)

    assert (found.extensions, found.message) == ({"code": code}, message)
    assert not caplog.records


def test_a_subclass_is_not_foreseen():
    """An exception is known by its own name: a new one is masked until it is listed."""

    class Another(NotSignedIn):
        pass

    found = coded(GraphQLError("x", original_error=Another()))

    assert (found.extensions or {})["code"] == "INTERNAL"


LOGIN = """
mutation ($input: LoginInput!) { login(input: $input) {
    ... on LoginSuccess { accessToken refreshToken }
} }
"""
REFRESH = """
mutation ($token: String!) { refreshSession(refreshToken: $token) {
    ... on RefreshSuccess { accessToken refreshToken }
} }
"""


def test_no_secret_is_logged(post, client, alice, without, caplog):
    """Neither a password nor a token, whether all is well, the client errs, or we do."""
    caplog.set_level(logging.DEBUG)
    credentials = {"email": "alice@example.com", "password": "alice's password"}
    wrong = {**credentials, "password": "wrong s3cret"}

    given = post(LOGIN, {"input": credentials})["data"]["login"]
    renewed = post(REFRESH, {"token": given["refreshToken"]})["data"]["refreshSession"]
    post(LOGIN, {"input": wrong})
    post(LOGIN, {"input": {**wrong, "password": 12345678}})
    post(LOGIN, {"input": {**wrong, "deviceId": "wrong s3cret"}})
    post(REFRESH + "}", {"token": given["refreshToken"]})
    post('mutation { login(input: {password: "wrong s3cret"}) { x } }')
    post(PROFILE, token=given["accessToken"] + "x")
    client.get("/graphql", {"query": "wrong s3cret"})
    client.post("/graphql", b"wrong s3cret", content_type="application/json")
    client.post("/graphql", {"password": "wrong s3cret"})
    with without("blinks_device"):
        assert code_of(post(PROFILE, token=renewed["accessToken"])) == "INTERNAL"
    with without("accounts_authcache"):
        assert code_of(post(LOGIN, {"input": credentials})) == "INTERNAL"

    assert caplog.text.count("unforeseen error") == 2
    secrets = ["alice's password", "wrong s3cret", "12345678", *given.values(), *renewed.values()]
    assert [secret for secret in secrets if secret in caplog.text] == []
    assert "alice@example.com" not in caplog.text
