"""What a document may ask for at most, and that the count takes no longer than the document is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from graphql import ASTValidationRule, OperationDefinitionNode, get_introspection_query, parse

from tests.server.sockets import opened
from waw_server.api import limits
from waw_server.api.limits import Counter, excess, rules

ROOT = Path(__file__).parents[3]
OURS = sorted(
    path
    for part in ("waw_desktop", "waw_server")
    for path in (ROOT / part).rglob("*.graphql")
    if path.name != "schema.graphql"
)


def nested(depth):
    """Return a query of fields so deep within each other."""
    return "{a" * depth + "}" * depth


def bomb(count, at_the_end="a"):
    """Return a query whose fragments each hold the next one twice."""
    chain = "".join(f" fragment F{i} on Q {{...F{i + 1} ...F{i + 1}}}" for i in range(count))
    return f"{{ b {{ ...F0 }} }}{chain} fragment F{count} on Q {{ {at_the_end} }}"


def aliases(count):
    """Return a query that names so many fields anew."""
    return "{ b {" + " ".join(f"a{i}: a" for i in range(count)) + "} }"


def fields(count, before=""):
    """Return an operation with so many fields at the top."""
    return before + "{" + " ".join(f"f{i}" for i in range(count)) + "}"


ALIASES = "At most 15 aliases."
DEPTH = "At most 8 fields within each other."
FIELDS = "At most 300 fields, with fragments counted at each place."
ROOTS = "At most 20 fields at the top."
DIRECTIVES = "At most 10 directives."
MUTATIONS = "At most 1 mutation in an operation."


@pytest.mark.parametrize(
    "_case, document, fault",
    [
        ("as deep as may be", nested(8), None),
        ("deeper", nested(9), DEPTH),
        ("deeper by a part without a name", "{a {... " + nested(7) + "}}", None),
        ("deeper within that", "{a {... on Q " + nested(8) + "}}", DEPTH),
        ("deeper by a fragment", "{a {...F}} fragment F on Q " + nested(8), DEPTH),
        ("as many fields as may be", "{b {" + "a " * 299 + "}}", None),
        ("more", "{b {" + "a " * 300 + "}}", FIELDS),
        ("more by fragments", bomb(9), FIELDS),
        ("as many by fragments as may be", bomb(8), None),
        ("many times more", bomb(40), FIELDS),
        ("as many aliases as may be", aliases(15), None),
        ("more of them", aliases(16), ALIASES),
        ("more of them by fragments", bomb(4, "x: a"), ALIASES),
        ("as many at the top as may be", fields(20), None),
        ("more at the top", fields(21), ROOTS),
        ("more there by fragments", "{...F ...F} fragment F on Q " + fields(11), ROOTS),
        ("as many directives as may be", "{a" + " @b" * 10 + "}", None),
        ("more directives", "{a" + " @b" * 11 + "}", DIRECTIVES),
        ("of an operation", "query" + " @b" * 11 + "{a}", DIRECTIVES),
        ("of variables", "query ($a: Int" + " @b" * 11 + ") {a}", DIRECTIVES),
        ("of fragments", "{...F" + " @b" * 11 + "} fragment F on Q {a}", DIRECTIVES),
        ("of parts without a name", "{..." + " @b" * 11 + "{a}}", DIRECTIVES),
        ("by fragments", bomb(4, "a @b"), DIRECTIVES),
        ("one mutation", fields(1, "mutation"), None),
        ("two mutations", fields(2, "mutation"), MUTATIONS),
        ("the same twice, by names", "mutation {a: f b: f}", MUTATIONS),
        ("two by fragments", "mutation {...F ...F} fragment F on M {f}", MUTATIONS),
        ("one in each of two operations", "mutation A {f} mutation B {f}", None),
        ("the second operation", "query A {a} query B " + nested(9), DEPTH),
        ("a fragment within itself", "{...F} fragment F on Q {a ...F}", None),
        ("two within each other", "{...F} fragment F on Q {...G} fragment G on Q {...F}", None),
        ("a fragment that there is not", "{...F}", None),
        ("no operation", "fragment F on Q {a}", None),
        ("the schema, as clients ask for it", get_introspection_query(), None),
        (
            "the schema, deeper",
            "{__schema {types " + nested(15) + "}}",
            "At most 16 fields of the schema within each other.",
        ),
    ],
)
def test_what_a_document_may_ask_for(_case, document, fault):
    assert excess(parse(document)) == fault


@pytest.mark.parametrize("count", [1, 10, 80])
def test_each_selection_is_looked_at_once(count):
    """However often a fragment is used: 80 of them stand for 2^80 fields."""
    document = parse(bomb(count))
    counter = Counter(document)
    (operation,) = [it for it in document.definitions if isinstance(it, OperationDefinitionNode)]

    counter.size(operation.selection_set)

    assert counter.visits == 2 * count + 3


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
def test_what_we_ask_ourselves_keeps_them(path):
    document = parse(path.read_text("utf-8"), max_lexical_tokens=limits.MAX_TOKENS)

    assert excess(document) is None


@pytest.mark.parametrize(
    "_case, document",
    [
        ("tokens", "{" + "a " * 999 + "}"),
        ("characters", "{ a(b: " + json.dumps("x" * 20_000) + ") }"),
        ("comments", "#\n" * 101 + "{ health { status } }"),
        ("fields that there are not", "{" + "a " * 21 + "}"),
        ("fragments", bomb(80)),
        ("directives that there are not", "{ health { status" + " @b" * 11 + " } }"),
        ("a few directives that there are not", "{ health { status @b @b @b } }"),
        ("a few fields that there are not", "{ a b c }"),
        ("variables of the wrong kind", "query ($a: Int!, $b: Int!) { health { status } }"),
    ],
)
def test_one_reason_is_given(post, _case, document):
    """A document with a thousand faults is not answered with a thousand lines."""
    answer = post(document)

    (error,) = answer["errors"]
    assert answer["data"] is None
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}


def test_no_other_rule_sees_what_is_too_much(monkeypatch, post):
    """Some of them take as long as the fragments, counted out, are many."""

    class Never(ASTValidationRule):
        def enter_document(self, *_args):
            raise AssertionError

    monkeypatch.setattr(limits, "RULES", (*limits.RULES[:1], Never))

    assert post(bomb(20))["errors"][0]["message"] == FIELDS


@pytest.mark.parametrize(
    "document",
    [
        "{ __schema { types { name } } }",
        '{ __type(name: "Query") { name } }',
        "{ health { status } ... on Query { a: __schema { queryType { name } } } }",
    ],
)
def test_nobody_is_shown_the_schema_in_production(monkeypatch, post, document):
    assert "errors" not in post(document)  # in development

    monkeypatch.setattr(limits, "RULES", rules(shows_schema=False))

    assert post(document)["data"] is None


@pytest.mark.parametrize(
    "_case, document",
    [
        ("aliases", "subscription" + aliases(16)),
        ("tokens", "subscription {" + "a " * 999 + "}"),
        ("fragments", "subscription" + bomb(60)),
    ],
)
def test_sockets_have_the_same_limits(live, alice, signed_in, _case, document):
    with opened(live, signed_in(alice).access) as listener:
        listener.subscribe(document)

        answer = listener.heard()

    (error,) = answer["payload"] if answer["type"] == "error" else answer["payload"]["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
