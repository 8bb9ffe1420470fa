"""What the scanner graphql-cop looks for, asked as it asks and judged as it judges.

Source: https://github.com/dolevf/graphql-cop, its twelve tests and the one of repeated fields.
"""

from __future__ import annotations

import json

import pytest
from django.test import Client

from waw_server.api import limits
from waw_server.api.limits import rules

URL = "/graphql"
TYPENAME = {"query": "query cop { __typename }"}
FORM = "application/x-www-form-urlencoded"
CIRCULAR = (
    "query cop { __schema { types { fields { type { fields { type { fields { name } } } } } } } }"
)


@pytest.fixture(autouse=True)
def in_production(db, monkeypatch):
    """Judge documents as in production."""
    monkeypatch.setattr(limits, "RULES", rules(shows_schema=False))


def asked(body, **headers):
    """Return what the server says to a body."""
    return Client().post(URL, json.dumps(body), content_type="application/json", headers=headers)


def first_message(reply):
    """Return the words of the first error."""
    return reply.json()["errors"][0]["message"]


def test_alias_overloading():
    names = " ".join(f"alias{nth}: __typename" for nth in range(101))

    assert not asked({"query": f"query cop {{ {names} }}"}).json()["data"]


def test_batch_queries():
    assert not isinstance(asked([TYPENAME] * 10).json(), list)


def test_directive_overloading():
    """It counts the errors: one for each directive would be ten."""
    reply = asked({"query": "query cop { __typename " + "@aa" * 10 + " }"}).json()

    assert len(reply["errors"]) == 1


def test_circular_introspection():
    assert not asked({"query": CIRCULAR}).json()["data"]


def test_repeated_fields():
    assert not asked({"query": "query cop {" + " __typename" * 500 + "}"}).json()["data"]


@pytest.mark.parametrize("field", ["__schema { directive }", "healt", "helth { status }"])
def test_field_suggestions(field):
    assert "did you mean" not in first_message(asked({"query": f"query cop {{ {field} }}"})).lower()


@pytest.mark.parametrize("path", ["/graphql", "/graphiql", "/console", "/"])
def test_graphiql(path):
    reply = Client().get(path, headers={"Accept": "text/html"})

    assert "graphiql" not in reply.content.decode().lower()
    assert "graphql playground" not in reply.content.decode().lower()


def test_introspection():
    query = "query { __schema { types { name fields { name } } } }"

    assert not asked({"query": query}).json()["data"]


@pytest.mark.parametrize("query", ["query cop { __typename }", "mutation cop { __typename }"])
def test_get_requests(query):
    """Queries, and mutations, which any link could make."""
    reply = Client().get(URL, {"query": query})

    assert reply.status_code == 405
    assert "data" not in reply.json()


def test_forms():
    """Which any page may send to any other, with its cookies."""
    reply = Client().post(URL, "query=query+cop+%7B__typename%7D", content_type=FORM)

    assert reply.status_code == 415
    assert "data" not in reply.json()


def test_trace_mode():
    reply = asked(TYPENAME, **{"X-Apollo-Tracing": "1"}).json()

    assert "extensions" not in reply
    assert "tracing" not in json.dumps(reply)


def test_unhandled_errors():
    reply = asked({"query": "qwerty cop { abc }"})

    (error,) = reply.json()["errors"]
    assert reply.status_code == 200
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
