"""PostgreSQL is down: the server says so, keeps its words, and answers again when it is back."""

import pytest
import requests
from django.utils import timezone

from tests.server.minutes import message_input, minute
from waw_server.accounts.services import begin_session
from waw_server.ops.database import free_port
from waw_server.ops.serving import serving


@pytest.fixture
def ask(monkeypatch):
    """Return a function that asks a real server whose database does not answer."""
    monkeypatch.setenv("WAW_ENV", "development")
    monkeypatch.setenv("DATABASE_URL", f"postgresql://waw@127.0.0.1:{free_port(0)}/waw")
    with serving(0) as url:

        def ask(query, variables=None, token=""):
            return requests.post(
                f"{url}/graphql",
                json={"query": query, "variables": variables or {}},
                headers={"Authorization": f"Bearer {token}"},
                timeout=30,
            )

        yield ask


@pytest.fixture
def tokens(alice):
    """Return the tokens of alice's, from when the database still answered."""
    return begin_session(user=alice, device_id=None, device_name="", now=timezone.now())


def test_health_says_so(ask, tokens):
    """Also to who is signed in, whom nobody can know now."""
    for whose in ("", tokens.access):
        reply = ask("{ health { status database version } }", token=whose)

        assert reply.status_code == 200
        assert reply.json() == {
            "data": {"health": {"status": "degraded", "database": "unavailable", "version": None}}
        }


def test_a_message_is_not_taken(ask, tokens):
    """No receipt, so the tracker keeps it; no word of what is wrong, and where."""
    reply = ask(
        "mutation ($input: MessageInput!) { trackBlink(input: $input) { status } }",
        {"input": message_input(minute(1))},
        tokens.access,
    )

    assert (reply.status_code, reply.headers["Retry-After"]) == (503, "5")
    (error,) = reply.json()["errors"]
    assert reply.json()["data"] is None
    assert error["extensions"] == {"code": "UNAVAILABLE", "retryAfterS": 5}
    assert error["message"] == "The database does not answer; try again."


@pytest.mark.parametrize(
    "document",
    [
        "{ profile { id } }",
        'mutation { refreshSession(refreshToken: "REFRESH") { __typename } }',
        'mutation { login(input: {email: "alice@example.com", password: "x"}) { __typename } }',
    ],
)
def test_whatever_needs_it_is_to_be_asked_again(ask, tokens, document):
    """A session is not said to have ended, nor a password to be wrong, by who cannot know."""
    reply = ask(document.replace("REFRESH", tokens.refresh), token=tokens.access)

    assert (reply.status_code, reply.headers["Retry-After"]) == (503, "5")
    assert [it["extensions"]["code"] for it in reply.json()["errors"]] == ["UNAVAILABLE"]
