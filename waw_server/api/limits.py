"""What a request may ask for at most, counted before any of it runs.

A fragment is counted once and remembered, so the count takes as long as the document is, and a
document that doubles itself with each fragment is refused as fast as any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Any, TypeVar, cast

from django.conf import settings
from graphql import (
    ASTValidationRule,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    ValidationContext,
    specified_rules,
)
from graphql.validation.validate import ValidationAbortedError
from strawberry.extensions import SchemaExtension

MAX_DEPTH = 8
MAX_FIELDS = 300
MAX_ALIASES = 15
MAX_ROOT_FIELDS = 20
MAX_DIRECTIVES = 10
MAX_MUTATIONS = 1
MAX_TOKENS = 1000
MAX_COMMENTS = 100
MAX_CHARACTERS = 20_000
MAX_NESTING = 64
INTROSPECTION_DEPTH = 16  # a type of a list of a type of a list …

_OPENING, _CLOSING, _QUOTE, _BACKSLASH = b"[{", b"]}", ord('"'), ord("\\")
_INTROSPECTION = ("__schema", "__type")

Definition = TypeVar("Definition", OperationDefinitionNode, FragmentDefinitionNode)


@dataclass(frozen=True, slots=True)
class Size:
    """How much a selection asks for, with its fragments counted out at each place of theirs.

    Attributes:
        depth: Fields within fields; those of the schema itself are in `schema_depth`.
        fields: All of them.
        aliases: Fields that are given another name.
        root_fields: Fields at the top.
        directives: Of fields and fragments.
        schema_depth: Of what asks for the schema.
    """

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    root_fields: int = 0
    directives: int = 0
    schema_depth: int = 0

    def beside(self, other: Size) -> Size:
        """Return the size of both, next to each other."""
        return Size(
            depth=max(self.depth, other.depth),
            fields=self.fields + other.fields,
            aliases=self.aliases + other.aliases,
            root_fields=self.root_fields + other.root_fields,
            directives=self.directives + other.directives,
            schema_depth=max(self.schema_depth, other.schema_depth),
        )

    def within(self, field: FieldNode) -> Size:
        """Return the size of a field that this is selected in."""
        asks_for_schema = field.name.value in _INTROSPECTION
        deeper = self.depth + 1
        return Size(
            depth=1 if asks_for_schema else deeper,
            fields=self.fields + 1,
            aliases=self.aliases + (field.alias is not None),
            root_fields=1,
            directives=self.directives + len(field.directives or ()),
            schema_depth=deeper if asks_for_schema else 0,
        )


NOTHING = Size()


class Counter:
    """Counts the selections of one document.

    Attributes:
        visits: How many selections were looked at: never more than the document has.
    """

    def __init__(self, document: DocumentNode) -> None:
        self.visits = 0
        self._fragments = {
            it.name.value: it for it in _definitions(document, FragmentDefinitionNode)
        }
        self._known: dict[str, Size] = {}

    def size(self, selected: SelectionSetNode | None) -> Size:
        """Return the size of what is selected."""
        selections = selected.selections if selected else ()
        return reduce(Size.beside, map(self._one, selections), NOTHING)

    def _one(self, it: SelectionNode) -> Size:
        self.visits += 1
        if isinstance(it, FieldNode):
            return self.size(it.selection_set).within(it)
        own = Size(directives=len(it.directives or ()))
        if isinstance(it, FragmentSpreadNode):
            return own.beside(self._fragment(it.name.value))
        assert isinstance(it, InlineFragmentNode)  # noqa: S101 - there is no fourth kind
        return own.beside(self.size(it.selection_set))

    def _fragment(self, name: str) -> Size:
        if name not in self._known:
            self._known[name] = NOTHING  # within itself, which another rule refuses
            found = self._fragments.get(name)
            self._known[name] = self.size(found.selection_set if found else None)
        return self._known[name]


def excess(document: DocumentNode) -> str | None:
    """Return in words which limit a document exceeds, None if it keeps them all."""
    counter = Counter(document)
    for operation in _definitions(document, OperationDefinitionNode):
        for most, what, found in _measured(counter, operation):
            if found > most:
                return f"At most {most} {what}."
    return None


def _measured(
    counter: Counter, operation: OperationDefinitionNode
) -> tuple[tuple[int, str, int], ...]:
    size = counter.size(operation.selection_set)
    mutations = size.root_fields if operation.operation is OperationType.MUTATION else 0
    directives = size.directives + len(list(_of_variables(operation)))
    return (
        (MAX_DEPTH, "fields within each other", size.depth),
        (MAX_FIELDS, "fields, with fragments counted at each place", size.fields),
        (MAX_ALIASES, "aliases", size.aliases),
        (MAX_ROOT_FIELDS, "fields at the top", size.root_fields),
        (MAX_DIRECTIVES, "directives", directives),
        (MAX_MUTATIONS, "mutation in an operation", mutations),
        (INTROSPECTION_DEPTH, "fields of the schema within each other", size.schema_depth),
    )


def _of_variables(operation: OperationDefinitionNode) -> Iterator[DirectiveNode]:
    yield from operation.directives or ()
    for variable in operation.variable_definitions or ():
        yield from variable.directives or ()


def _definitions(document: DocumentNode, kind: type[Definition]) -> Iterator[Definition]:
    return (it for it in document.definitions if isinstance(it, kind))


class DocumentLimits(ASTValidationRule):
    """Stands before all other rules, some of which take long over what it refuses."""

    context: ValidationContext

    def enter_document(self, document: DocumentNode, *_args: Any) -> None:
        """Count, and let no other rule see what is too much."""
        fault = excess(document)
        if fault is not None:
            raise ValidationAbortedError(fault)


def rules(*, shows_schema: bool) -> tuple[type[ASTValidationRule], ...]:
    """Return every rule for documents; nobody is shown the schema in production."""
    hidden = () if shows_schema else (NoSchemaIntrospectionCustomRule,)
    return (DocumentLimits, *specified_rules, *hidden)


# One tuple for all requests: it is part of the key under which a verdict is kept, and with rules
# that are made anew for each request no verdict would ever be found again.
RULES = rules(shows_schema=settings.IS_DEVELOPMENT)
PARSING = {
    "max_source_length": MAX_CHARACTERS,
    "max_lexical_tokens": MAX_TOKENS,
    "max_comments": MAX_COMMENTS,
}


class Limits(SchemaExtension):
    """Has each document of a request or a socket parsed and judged within the limits."""

    def on_operation(self) -> Iterator[None]:
        """Set them before the document is parsed."""
        self.execution_context.validation_rules = RULES
        # Strawberry names but one of the parser's options, and hands on whatever is there.
        cast("dict[str, int]", self.execution_context.parse_options).update(PARSING)
        yield


def nesting(text: bytes) -> int:
    """Return an upper bound of how deep a JSON text nests, quickly for the usual shallow one."""
    if sum(text.count(sign) for sign in _OPENING) <= MAX_NESTING:
        return 0
    depth = deepest = 0
    is_text = is_escaped = False
    for byte in text:
        if is_text:
            is_text = is_escaped or byte != _QUOTE
            is_escaped = byte == _BACKSLASH and not is_escaped
        elif byte == _QUOTE:
            is_text = True
        elif byte in _OPENING:
            depth += 1
            deepest = max(deepest, depth)
        elif byte in _CLOSING:
            depth -= 1
    return deepest
