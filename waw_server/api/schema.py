"""The one schema. `make schema` writes it to `schema.graphql`, which the tracker is tested on."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.graphql import OperationType

from waw_server.api import words
from waw_server.api.accounts import AccountMutation, AccountQuery
from waw_server.api.blinks import BlinkMutation, BlinkQuery
from waw_server.api.documents import Documents
from waw_server.api.errors import coded
from waw_server.api.health import HealthQuery
from waw_server.api.limits import Limits
from waw_server.api.live import BlinkSubscription
from waw_server.api.oidc import OidcMutation, OidcQuery
from waw_server.api.scalars import SCALARS


@strawberry.type
class Query(HealthQuery, AccountQuery, BlinkQuery, OidcQuery):
    """What can be asked."""


@strawberry.type
class Mutation(AccountMutation, BlinkMutation, OidcMutation):
    """What can be changed."""


@strawberry.type
class Subscription(BlinkSubscription):
    """What can be listened to."""


class Schema(strawberry.Schema):
    """Strawberry's, but each error has a code, and nothing is logged twice."""

    def execute_sync(self, *args: Any, **kwargs: Any) -> ExecutionResult:
        """Run an operation of a request; here errors of every phase pass."""
        kwargs["allowed_operation_types"] = (OperationType.QUERY, OperationType.MUTATION)
        return _with_codes(super().execute_sync(*args, **kwargs))

    async def stream(self, *args: Any, **kwargs: Any) -> AsyncGenerator[ExecutionResult, None]:
        """Run an operation of a socket, which has to be a subscription."""
        kwargs["allowed_operation_types"] = (OperationType.SUBSCRIPTION,)
        return _each_with_codes(await super().stream(*args, **kwargs))

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Log nothing: a client's fault is no fault of ours, and its query may hold a password.

        What is ours, `coded` logs under the id that the client is told.
        """


def _with_codes(result: ExecutionResult) -> ExecutionResult:
    if result.errors is not None:
        result.errors = [coded(error) for error in _worth_telling(result.errors)]
    return result


def _worth_telling(errors: list[GraphQLError]) -> list[GraphQLError]:
    """Return those of fields; of a document or its variables, which may have many, the first."""
    return errors if errors[0].path else errors[:1]


async def _each_with_codes(
    results: AsyncGenerator[Any, None],
) -> AsyncGenerator[ExecutionResult, None]:
    async with aclosing(results):
        async for result in results:
            yield _with_codes(result)


schema = Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    extensions=[Limits, Documents],
    config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True),
)
words.explain(schema._schema)  # noqa: SLF001 - the one way to what the schema is made of
