"""Messages stored without the API: sent with a session that is there for just that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from tests.server.minutes import LAPTOP, Minute, columns
from waw_server.accounts.models import AuthCache, User
from waw_server.blinks.messages import Columns
from waw_server.blinks.services import Receipts, record_messages


def stored(
    person: User,
    *them: Minute,
    at: datetime,
    device_id: UUID = LAPTOP,
    device_name: str = "laptop",
) -> Receipts:
    """Store a device's minutes, sent and received at an instant."""
    return stored_columns(person, columns(*them), at, device_id, device_name)


def stored_columns(
    person: User, them: Columns, at: datetime, device_id: UUID = LAPTOP, device_name: str = ""
) -> Receipts:
    """Store a device's messages as they are, whole or not."""
    with session(person, device_id, device_name, at) as session_id:
        return record_messages(
            session_id=session_id, device_id=device_id, columns=them, sent_at=at, received_at=at
        )


@contextmanager
def session(person: User, device_id: UUID, device_name: str, now: datetime) -> Iterator[UUID]:
    """Yield a session that is alive now; nothing of it is left."""
    row = AuthCache(
        id=uuid4(),
        user=person,
        device_id=device_id,
        device_name=device_name,
        current_hash=b"",
        created_at=now,
        used_at=now,
        expires_at=now + timedelta(hours=1),
    )
    row.save(force_insert=True)
    try:
        yield row.id
    finally:
        row.delete()
