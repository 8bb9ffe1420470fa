"""What is parsed and judged once only, and what is never kept."""

from __future__ import annotations

import pytest
from graphql import parse
from strawberry.schema import schema as strawberry_schema

from waw_server.api import documents, limits
from waw_server.api.documents import Known
from waw_server.api.limits import rules

VALID = "{ health { status uptimeSeconds } }"


@pytest.fixture(autouse=True)
def known(monkeypatch):
    """Nothing is known, whatever other tests asked."""
    fresh = Known(3)
    monkeypatch.setattr(documents, "known", fresh)
    return fresh


@pytest.fixture
def work(monkeypatch):
    """Count what is parsed and what is judged."""
    done = []

    def counted(name):
        real = getattr(strawberry_schema, name)

        def call(*args, **kwargs):
            done.append(name)
            return real(*args, **kwargs)

        monkeypatch.setattr(strawberry_schema, name, call)

    counted("parse")
    counted("validate_document")
    return done


def test_a_valid_document_is_parsed_and_judged_once(post, work):
    """Both cost more than all else of a small request."""
    answers = [post(VALID)["data"]["health"]["status"] for _ in range(5)]

    assert answers == ["ok"] * 5
    assert work == ["parse", "validate_document"]


@pytest.mark.parametrize(
    "_case, document",
    [
        ("no document", "{ health { status "),
        ("no such field", "{ health { nothing } }"),
        (
            "more than the limits allow",
            "{" + " ".join(f"a{i}: health {{status}}" for i in range(30)) + "}",
        ),
    ],
)
def test_what_is_refused_is_not_kept(post, known, _case, document):
    for _ in range(2):
        assert post(document)["data"] is None

    assert not known._documents


def test_a_thousand_broken_documents_drive_no_good_one_out(post, work):
    post(VALID)
    for nth in range(20):
        post(f"{{ health {{ nothing{nth} }} }}")
    work.clear()

    post(VALID)

    assert work == []


def test_a_verdict_holds_for_the_rules_it_was_given_under(monkeypatch, post):
    document = "{ __schema { queryType { name } } }"
    assert "errors" not in post(document)  # in development

    monkeypatch.setattr(limits, "RULES", rules(shows_schema=False))

    assert post(document)["data"] is None


def test_an_operation_that_fails_while_it_runs_is_valid_all_the_same(post, known):
    post("{ profile { email } }")  # nobody is signed in

    assert len(known._documents) == 1


def test_the_least_recently_used_makes_room():
    known = Known(2)
    for key in ("a", "b"):
        known.keep(key, parse("{ a }"))
    known.find("a")

    known.keep("c", parse("{ a }"))

    assert [key for key in "abc" if known.find(key)] == ["a", "c"]
