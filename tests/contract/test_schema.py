"""The committed schema is what the code says, says what it is for, and breaks no client."""

import pytest
from graphql import GraphQLObjectType, build_schema, find_breaking_changes

from waw_server.api.schema import schema
from waw_server.ops.database import PROJECT

COMMITTED = (PROJECT / "waw_server/api/schema.graphql").read_text(encoding="utf-8")
ROOTS = ("Query", "Mutation", "Subscription")


def _fields(root):
    found = build_schema(COMMITTED).get_type(root)
    assert isinstance(found, GraphQLObjectType)
    return found.fields


def test_the_committed_schema_is_current():
    """After a change, `make schema` writes it anew."""
    assert schema.as_str() == COMMITTED.rstrip("\n")


def test_nothing_that_a_client_uses_is_taken_away():
    """Whatever the committed schema offers, the code still does."""
    changes = find_breaking_changes(build_schema(COMMITTED), schema._schema)

    assert [change.description for change in changes] == []


def test_a_broken_client_would_be_noticed():
    """The check above is no empty one: a field that is gone is reported."""
    more = COMMITTED.replace("type Health {", "type Health {\n  hosts: String\n")

    changes = find_breaking_changes(build_schema(more), schema._schema)

    assert [change.description for change in changes] == ["Field Health.hosts was removed."]


@pytest.mark.parametrize("root", ROOTS)
def test_every_root_field_says_what_it_is_for(root):
    """In a sentence of its own, for whoever reads the API."""
    said = {name: field.description or "" for name, field in _fields(root).items()}

    assert said
    assert [name for name, words in said.items() if not words.endswith(".")] == []


def _described():
    """Return everything that the schema names, with its words."""
    found = {}
    for name, it in build_schema(COMMITTED).type_map.items():
        if name.startswith("__"):
            continue
        found[name] = it.description
        for value, words in getattr(it, "values", {}).items():
            found[f"{name}.{value}"] = words.description
        for field, words in getattr(it, "fields", {}).items():
            found[f"{name}.{field}"] = words.description
            for argument, more in getattr(words, "args", {}).items():
                found[f"{name}.{field}({argument})"] = more.description
    return found


def test_everything_is_explained():
    """Every type, field, argument and value, for whoever reads the schema in the playground."""
    described = _described()

    assert len(described) > 150  # the search itself works
    assert {"Bucket.HOUR", "Query.tally(deviceId)", "LoginInput.email"} <= set(described)
    assert [name for name, words in described.items() if not (words or "").strip()] == []


def test_the_names_of_the_card_are_there():
    """What every client may rely on."""
    assert {"health", "profile"} <= set(_fields("Query"))
    assert {"login", "logout", "trackBlink", "syncBlinks"} <= set(_fields("Mutation"))
    assert "blinkUpdates" in _fields("Subscription")
