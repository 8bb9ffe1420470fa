"""What the schema says of itself: for types, what their classes say in the code."""

from __future__ import annotations

from enum import Enum
from inspect import cleandoc
from typing import Any

import strawberry
from graphql import GraphQLSchema
from strawberry.schema.schema_converter import GraphQLCoreConverter


def enum(cls: type[Enum], *, name: str, description: str, **values: str) -> None:
    """Put an enumeration into the schema.

    Args:
        cls: Whose members are the values.
        name: In the schema.
        description: Of the whole.
        values: What each means, by its name.

    Raises:
        KeyError: If one is not explained.
    """
    named: Any = strawberry.enum(cls, name=name, description=description)
    for value in named.__strawberry_definition__.values:
        value.description = values[value.name]


def explain(schema: GraphQLSchema) -> None:
    """Describe each type that does not say otherwise by the docstring of its class."""
    for it in schema.type_map.values():
        definition = it.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
        origin = getattr(definition, "origin", None)
        if not it.description and origin is not None and origin.__doc__:
            it.description = cleandoc(origin.__doc__)
