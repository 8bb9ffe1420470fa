"""Figures as they change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from functools import partial
from typing import Annotated, TypeVar
from uuid import UUID

import strawberry
from channels.db import database_sync_to_async
from django.utils import timezone

from waw_server.accounts.selectors import caller
from waw_server.api.blinks import Figures
from waw_server.api.permissions import SIGNED_IN
from waw_server.api.scalars import UtcDateTime
from waw_server.api.socket import SocketContext
from waw_server.blinks import selectors

PAUSE_S = 1.0
LOOK_ANYWAY_S = 30.0  # a notice may be lost, and at midnight nobody sends one

T = TypeVar("T")


@strawberry.type
class BlinkUpdate:
    """What changes whenever a message arrives."""

    device_id: UUID | None = strawberry.field(
        description="The device heard from last; null before the first message, as the next two."
    )
    device_name: str | None = strawberry.field(description="As its tracker calls it.")
    latest_sync_at: UtcDateTime | None = strawberry.field(description="When that was.")
    today: Figures = strawberry.field(description="Since midnight of the time zone asked for.")

    @classmethod
    def of(cls, it: selectors.Latest) -> BlinkUpdate:
        """Translate the present state."""
        return cls(
            device_id=it.device_id,
            device_name=it.device_name,
            latest_sync_at=UtcDateTime(it.sync_at) if it.sync_at else None,
            today=Figures.of(it.today),
        )


@strawberry.type
class BlinkSubscription:
    """A person's own figures, live."""

    @strawberry.subscription(
        permission_classes=SIGNED_IN,
        description="My figures of today: now, then as they change, at most once a second.",
    )
    async def blink_updates(
        self,
        info: strawberry.Info[SocketContext],
        time_zone: Annotated[
            str, strawberry.argument(description="Whose midnight today begins at: an IANA name.")
        ] = "UTC",
    ) -> AsyncGenerator[BlinkUpdate, None]:
        """Read the caller's own figures, again at each notice."""
        read = partial(database_sync_to_async(_latest), info.context.token, time_zone)
        with info.context.socket.listening() as told:
            async with aclosing(changes(read, told)) as found:
                async for latest in found:
                    yield BlinkUpdate.of(latest)


async def changes(
    read: Callable[[], Awaitable[T]],
    told: asyncio.Event,
    pause_s: float = PAUSE_S,
    look_anyway_s: float = LOOK_ANYWAY_S,
) -> AsyncGenerator[T, None]:
    """Yield what is read now, and then each time that it is something else.

    Args:
        read: Returns the present state.
        told: Set by somebody when there may be something new.
        pause_s: After each that is yielded. What is told meanwhile is not lost: the reading
            after the pause holds it.
        look_anyway_s: How long to wait for being told.
    """
    latest: T | None = None
    while True:
        told.clear()  # before reading: what comes while we read may not be in it
        found = await read()
        if found != latest:
            latest = found
            yield found
            await asyncio.sleep(pause_s)
        with suppress(TimeoutError):
            await asyncio.wait_for(told.wait(), look_anyway_s)


def _latest(token: str, time_zone: str) -> selectors.Latest:
    """Read for whoever holds the token, if they still may."""
    now = timezone.now()
    user_id = caller(token, now).user_id
    return selectors.latest(user_id=user_id, time_zone=time_zone, now=now)
