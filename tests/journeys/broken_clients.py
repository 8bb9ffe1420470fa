"""What other clients do, each of which loses or doubles something.

The harness must see it, or its silence about ours would say nothing.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from waw_desktop.core.messages import uuid7
from waw_desktop.core.retry import Answer, Verdict
from waw_desktop.sync.client import Receipt, SyncClient
from waw_desktop.sync.outbox import Row
from waw_desktop.sync.transport import Failure

Outcome = list[Receipt] | Failure


class DeletesBeforeTheReceipt(SyncClient):
    """What was sent is done, whatever the answer."""

    def sync_blinks(
        self, rows: Sequence[Row], device_id: UUID, ages_ms: Sequence[int], sent_at: datetime
    ) -> Outcome:
        """Send, and do not look at the answer."""
        super().sync_blinks(rows, device_id, ages_ms, sent_at)
        return _all_accepted(rows)


class NewIdsEachTime(SyncClient):
    """Names a message when it is sent, not when it is sealed."""

    def sync_blinks(
        self, rows: Sequence[Row], device_id: UUID, ages_ms: Sequence[int], sent_at: datetime
    ) -> Outcome:
        """Send under ids and numbers that were never used before."""
        renamed = [
            Row(random.getrandbits(62) + 1, replace(row.message, message_id=_fresh(sent_at)))
            for row in rows
        ]
        outcome = super().sync_blinks(renamed, device_id, ages_ms, sent_at)
        return outcome if isinstance(outcome, Failure) else _all_accepted(rows)


class AnyAnswerIsAReceipt(SyncClient):
    """Takes a status below 500 for a receipt, as if no portal ever answered 200."""

    def sync_blinks(
        self, rows: Sequence[Row], device_id: UUID, ages_ms: Sequence[int], sent_at: datetime
    ) -> Outcome:
        """Send, and look at the status alone."""
        outcome = super().sync_blinks(rows, device_id, ages_ms, sent_at)
        is_answered = isinstance(outcome, Failure) and outcome.answer is Answer.UNREADABLE
        return _all_accepted(rows) if is_answered else outcome


def _all_accepted(rows: Sequence[Row]) -> list[Receipt]:
    return [Receipt(row.message.message_id, Verdict.ACCEPTED, "") for row in rows]


def _fresh(sent_at: datetime) -> UUID:
    return uuid7(int(sent_at.timestamp() * 1000), random.getrandbits(74))


CLIENTS: dict[str, type[SyncClient]] = {
    "ours": SyncClient,
    "deletes before the receipt": DeletesBeforeTheReceipt,
    "new ids each time": NewIdsEachTime,
    "any answer is a receipt": AnyAnswerIsAReceipt,
}
