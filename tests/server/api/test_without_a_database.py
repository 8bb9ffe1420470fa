"""PostgreSQL is down: the server says so, keeps its words, and answers again when it is back."""

import json
import urllib.request

import pytest
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
            request = urllib.request.Request(
                f"{url}/graphql",
                json.dumps({"query": query, "variables": variables or {}}).encode(),
                {"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
            )
            with urllib.request.urlopen(request, timeout=30) as reply:
                return json.load(reply)

        yield ask


def test_health_says_so(ask):
    assert ask("{ health { status database } }")["data"]["health"] == {
        "status": "degraded",
        "database": "unavailable",
    }


def test_a_message_is_not_taken(ask, alice):
    """No receipt, so the tracker keeps it; no word of what is wrong, and where."""
    token = begin_session(user=alice, device_id=None, device_name="", now=timezone.now()).access

    answer = ask(
        "mutation ($input: MessageInput!) { trackBlink(input: $input) { status } }",
        {"input": message_input(minute(1))},
        token,
    )

    (error,) = answer["errors"]
    assert answer["data"] is None
    assert error["extensions"]["code"] == "INTERNAL"
    assert error["message"] == "Something went wrong on our side."
