"""The peer that speaks REST: FastAPI, Pydantic, SQLAlchemy on asyncpg."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from tests.bench.peers import store
from tests.bench.peers.messages import (
    ColumnsIn,
    MessageIn,
    MessagesIn,
    Receipt,
    ReceiptColumns,
    Refused,
)

Bearer = Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]

app = FastAPI()


@app.exception_handler(Refused)
async def refused(_request: Request, error: Refused) -> JSONResponse:
    """Say why not."""
    return JSONResponse({"detail": str(error)}, status_code=403)


@app.post("/messages")
async def track(message: MessageIn, bearer: Bearer) -> Receipt:
    """Store one message of the session's device."""
    is_new = await store.put_one(bearer.credentials, message)
    return Receipt(message_id=message.message_id, status=status(is_new))


@app.post("/batches")
async def sync(batch: MessagesIn, bearer: Bearer) -> list[Receipt]:
    """Store many, given as objects."""
    new = await store.put_rows(bearer.credentials, batch)
    return [
        Receipt(message_id=it.message_id, status=status(it.message_id in new))
        for it in batch.messages
    ]


@app.post("/columns")
async def sync_columns(batch: ColumnsIn, bearer: Bearer) -> ReceiptColumns:
    """Store many, given as columns."""
    new, watermark = await store.put_columns(bearer.credentials, batch)
    return ReceiptColumns(
        message_ids=batch.message_ids,
        statuses=[status(message_id in new) for message_id in batch.message_ids],
        watermark=watermark,
        server_time=datetime.now(UTC),
    )


def status(is_new: bool) -> str:
    """Return the word of a receipt."""
    return "ACCEPTED" if is_new else "DUPLICATE"
