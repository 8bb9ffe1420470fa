"""What the playground begins with works: every operation runs as it stands."""

import json
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone
from graphql import OperationDefinitionNode, build_client_schema, parse, validate

from tests.server.sockets import opened
from waw_server.accounts.models import Consent
from waw_server.api.playground import OPERATIONS, variables
from waw_server.api.schema import schema

NAMES = ["Login", "Health", "Profile", "BlinkHistory", "SyncBlinks", "BlinkUpdates"]


@pytest.fixture
def begin(db):
    """Return what the page is given."""
    reply = Client().get("/playground/start")
    assert reply.headers["Content-Type"] == "application/json"
    return reply.json()


@pytest.fixture
def run(post, begin, alice):
    """Return a function that runs one operation of the first tab, as GraphiQL sends it."""
    Consent.objects.update(granted_at=timezone.now() - timedelta(hours=1))
    given = json.loads(begin["variables"])
    given["login"] |= {"email": "alice@example.com", "password": "alice's password"}

    def run(name, token=None):
        reply = Client().post(
            "/graphql",
            {"query": begin["operations"], "operationName": name, "variables": given},
            content_type="application/json",
            headers={"Authorization": f"Bearer {token or ''}"},
        )
        answer = reply.json()
        assert "errors" not in answer, answer
        return answer["data"]

    return run


def test_the_operations_of_the_first_tab(begin):
    """One of each kind that there is, and all of them valid."""
    document = parse(begin["operations"])

    assert begin["operations"] == OPERATIONS
    assert [
        it.name.value
        for it in document.definitions
        if isinstance(it, OperationDefinitionNode) and it.name
    ] == NAMES
    assert validate(schema._schema, document) == []


def test_every_variable_has_a_value(begin):
    """None that nobody uses, either."""
    used = set(re.findall(r"\$(\w+)", begin["operations"]))

    assert set(json.loads(begin["variables"])) == used


def test_the_schema_can_be_read(begin):
    """With its words, and without asking the API for it."""
    found = build_client_schema(begin["schema"]).get_type("Figures")

    assert found is not None
    assert found.description == "Sums over some time."


def test_signing_in_and_running_the_rest(run):
    """From first to last: what SyncBlinks stores is in the profile and in the history."""
    login = run("Login")["login"]
    assert login["__typename"] == "LoginSuccess"
    token = login["accessToken"]

    assert run("Health")["health"]["version"] is None
    assert run("Health", token)["health"]["version"] is not None
    assert run("SyncBlinks", token)["syncBlinks"] == {
        "statuses": ["ACCEPTED"],
        "codes": [None],
        "details": [None],
        "watermark": "1",
    }
    assert run("SyncBlinks", token)["syncBlinks"]["statuses"] == ["DUPLICATE"]
    devices = run("Profile", token)["profile"]["devices"]
    assert [it["watermark"] for it in devices] == ["1"]
    assert sum(run("BlinkHistory", token)["blinkHistory"]["blinks"]) == 2


def test_listening(live, begin, alice, signed_in):
    """By a socket that is given the headers of the tab, as GraphiQL does."""
    with opened(live, signed_in(alice).access) as listener:
        payload = {
            "query": begin["operations"],
            "operationName": "BlinkUpdates",
            "variables": json.loads(begin["variables"]),
        }
        listener.send({"id": "1", "type": "subscribe", "payload": payload})

        assert listener.update()["today"]["messages"] == 0


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 3, 2, 9, 0, 0, tzinfo=UTC),
        datetime(2026, 3, 2, 9, 0, 0, 1, tzinfo=UTC),
        datetime(2026, 3, 2, 9, 15, 4, 999_000, tzinfo=UTC),
        datetime(2026, 3, 2, 9, 14, 59, 999_000, tzinfo=UTC),
    ],
)
def test_the_message_is_one_that_can_be(now):
    """It lies within one quarter of an hour, and is over."""
    batch = variables(now, UUID(int=1), UUID(int=2))["batch"]
    began = datetime.fromisoformat(batch["startedAts"][0])
    ended = began + timedelta(milliseconds=batch["messageDurationsMs"][0])

    assert ended <= now
    assert began.minute // 15 == (ended - timedelta(milliseconds=1)).minute // 15
    assert batch["agesMs"][0] == pytest.approx((now - began).total_seconds() * 1000, abs=1)
