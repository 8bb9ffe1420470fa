"""The peer that speaks GraphQL: FastAPI, Strawberry, SQLAlchemy on asyncpg."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import strawberry
from fastapi import FastAPI, Request
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.fastapi import GraphQLRouter

from tests.bench.peers import store
from tests.bench.peers.messages import ColumnsIn, MessageIn, MessagesIn

Info = strawberry.Info[dict[str, Any]]
INPUT = strawberry.argument(name="input")


@strawberry.enum
class Status(StrEnum):
    """What became of one message."""

    ACCEPTED = "ACCEPTED"
    DUPLICATE = "DUPLICATE"


@strawberry.input
class MessageInput:
    """One sealed minute."""

    message_id: UUID
    seq: str
    started_at: datetime
    duration_ms: int
    seen_ms: int
    fps_mean: float
    onsets_ms: list[int]
    durations_ms: list[int]
    closures: list[int]
    long_closures: int
    closed_ms: int


@strawberry.input
class SyncMessagesInput:
    """Many, as objects."""

    device_id: UUID
    client_sent_at: datetime
    messages: list[MessageInput]


@strawberry.input
class SyncBlinksInput:
    """Many, in columns."""

    device_id: UUID
    schema_version: int
    client_sent_at: datetime
    message_ids: list[UUID]
    seqs: list[str]
    started_ats: list[datetime]
    ages_ms: list[int]
    message_durations_ms: list[int]
    seen_ms: list[int]
    fps_means: list[float]
    long_closures: list[int]
    closed_ms: list[int]
    blink_counts: list[int]
    onsets_ms: list[int]
    durations_ms: list[int]
    closures: list[int]


@strawberry.type
class Receipt:
    """What became of one message."""

    message_id: UUID
    status: Status
    code: str | None = None
    detail: str | None = None


@strawberry.type
class SyncReceipts:
    """The same for many, in columns."""

    message_ids: list[UUID]
    statuses: list[Status]
    codes: list[str | None]
    details: list[str | None]
    watermark: str
    server_time: datetime


@strawberry.type
class Query:
    """What can be asked."""

    @strawberry.field
    def health(self) -> str:
        """Say that it runs."""
        return "ok"


@strawberry.type
class Mutation:
    """Messages in."""

    @strawberry.mutation
    async def track_blink(self, info: Info, it: Annotated[MessageInput, INPUT]) -> Receipt:
        """Store one message of the session's device."""
        is_new = await store.put_one(info.context["token"], MessageIn.model_validate(it))
        return Receipt(message_id=it.message_id, status=status(is_new))

    @strawberry.mutation
    async def sync_messages(
        self, info: Info, it: Annotated[SyncMessagesInput, INPUT]
    ) -> list[Receipt]:
        """Store many, given as objects."""
        new = await store.put_rows(info.context["token"], MessagesIn.model_validate(it))
        return [
            Receipt(message_id=each.message_id, status=status(each.message_id in new))
            for each in it.messages
        ]

    @strawberry.mutation
    async def sync_blinks(self, info: Info, it: Annotated[SyncBlinksInput, INPUT]) -> SyncReceipts:
        """Store many, given as columns."""
        batch = ColumnsIn.model_validate(it)
        new, watermark = await store.put_columns(info.context["token"], batch)
        count = len(batch.message_ids)
        return SyncReceipts(
            message_ids=batch.message_ids,
            statuses=[status(message_id in new) for message_id in batch.message_ids],
            codes=[None] * count,
            details=[None] * count,
            watermark=str(watermark),
            server_time=datetime.now(UTC),
        )


def status(is_new: bool) -> Status:
    """Return the word of a receipt."""
    return Status.ACCEPTED if is_new else Status.DUPLICATE


async def context(request: Request) -> dict[str, Any]:
    """Return what operations see of the request."""
    return {"token": request.headers.get("Authorization", "").removeprefix("Bearer ")}


# Both caches as Strawberry's pages on them say; without them it costs twice as much.
schema = strawberry.Schema(Query, Mutation, extensions=[ParserCache, ValidationCache])
app = FastAPI()
app.include_router(
    GraphQLRouter(schema, context_getter=context, graphql_ide=None), prefix="/graphql"
)
