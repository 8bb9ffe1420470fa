"""Everything the tracker may ask fits what the server offers."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from graphql import build_schema, get_variable_values, parse, print_ast, validate
from graphql.language import FieldNode, OperationDefinitionNode

from waw_desktop.core.messages import Message
from waw_desktop.sync.outbox import Row
from waw_desktop.sync.transport import document
from waw_desktop.sync.wire import columns, message_input

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted((ROOT / "waw_desktop/sync/documents").glob("*.graphql"))
ROW = Row(
    seq=1,
    message=Message(
        message_id=UUID(int=1),
        started_at=datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
        started_mono_ms=0,
        boot_id="boot",
        duration_ms=60_000,
        seen_ms=59_000,
        fps_mean=29.97,
        onsets_ms=(1000,),
        durations_ms=(200,),
        closures=(95,),
        long_closures=0,
        closed_ms=0,
    ),
)


@pytest.fixture(scope="module")
def schema():
    return build_schema((ROOT / "waw_server/api/schema.graphql").read_text("utf-8"))


def only_operation(parsed):
    """Return the one definition of a document."""
    (operation,) = parsed.definitions
    assert isinstance(operation, OperationDefinitionNode)
    return operation


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_documents(schema, path):
    """Each document is valid against the schema that the server has committed."""
    assert validate(schema, parse(path.read_text("utf-8"))) == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_documents_are_one_operation_each(path):
    """A document holds one operation, named like the file and the field it asks for."""
    operation = only_operation(parse(path.read_text("utf-8")))

    assert operation.name is not None
    assert operation.name.value == path.stem[0].upper() + path.stem[1:]
    (field,) = operation.selection_set.selections
    assert isinstance(field, FieldNode)
    assert field.name.value == path.stem


def test_there_is_something_to_check():
    """The documents are where the tracker looks for them."""
    assert len(DOCUMENTS) == 12
    assert print_ast(document("health").document).startswith("query Health")


@pytest.mark.parametrize(
    ("operation", "variables"),
    [
        ("login", {"input": {"email": "a", "password": "b", "deviceId": "c", "deviceName": "d"}}),
        (
            "loginWithOidc",
            {
                "input": {
                    "code": "a",
                    "codeVerifier": "b",
                    "redirectUri": "c",
                    "nonce": "d",
                    "email": "e",
                    "deviceId": "f",
                    "deviceName": "g",
                }
            },
        ),
        ("refreshSession", {"refreshToken": "a"}),
        ("logout", {"everywhere": True}),
        (
            "grantConsent",
            {
                "input": {
                    "purpose": "CLOUD_SYNC",
                    "textHash": "0" * 64,
                    "grantedAt": "2026-03-02T09:00:00.000Z",
                    "clientSentAt": "2026-03-02T09:00:00.000Z",
                }
            },
        ),
        ("withdrawConsent", {"input": {"purpose": "CLOUD_SYNC"}}),
        ("profile", {"timeZone": "Europe/Vienna"}),
        ("tally", {"deviceId": str(UUID(int=1))}),
        ("syncBlinks", {"input": columns([ROW], UUID(int=1), [-1], ROW.message.started_at)}),
        ("trackBlink", {"input": message_input(ROW, ROW.message.started_at)}),
    ],
)
def test_variables(schema, operation, variables):
    """What is sent has every field that the schema asks for, and no other."""
    definitions = only_operation(document(operation).document).variable_definitions

    coerced = get_variable_values(schema, definitions, variables)

    assert not isinstance(coerced, list), coerced
