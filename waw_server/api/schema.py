"""The one schema. `make schema` writes it to `schema.graphql`, which the tracker is tested on."""

from __future__ import annotations

from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext, ExecutionResult

from waw_server.api.accounts import AccountMutation, AccountQuery
from waw_server.api.blinks import BlinkMutation, BlinkQuery
from waw_server.api.errors import coded
from waw_server.api.health import HealthQuery
from waw_server.api.scalars import SCALARS


@strawberry.type
class Query(HealthQuery, AccountQuery, BlinkQuery):
    """What can be asked."""


@strawberry.type
class Mutation(AccountMutation, BlinkMutation):
    """What can be changed."""


class Schema(strawberry.Schema):
    """Strawberry's, but each error has a code, and nothing is logged twice."""

    def execute_sync(self, *args: Any, **kwargs: Any) -> ExecutionResult:
        """Run an operation; here errors of parsing, validating and resolving all pass."""
        result = super().execute_sync(*args, **kwargs)
        if result.errors is not None:
            result.errors = [coded(error) for error in result.errors]
        return result

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Log nothing: a client's fault is no fault of ours, and its query may hold a password.

        What is ours, `coded` logs under the id that the client is told.
        """


schema = Schema(
    query=Query,
    mutation=Mutation,
    extensions=[ParserCache, ValidationCache],
    config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True),
)
