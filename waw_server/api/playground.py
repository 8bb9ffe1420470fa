"""What the playground begins with: the schema to read, and operations to run."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from waw_server.api.schema import schema
from waw_server.blinks import versions

OPERATIONS = Path(__file__).with_suffix(".graphql").read_text(encoding="utf-8")
TRACKED = timedelta(seconds=5)


def start(request: HttpRequest) -> HttpResponse:
    """Answer with the schema, and the content of the first tab.

    The schema comes from here, so nobody has to be allowed to ask the API for it.
    """
    del request
    begin = {
        "schema": _introspection(),
        "operations": OPERATIONS,
        "variables": json.dumps(variables(timezone.now(), uuid4(), uuid4()), indent=2),
        "headers": json.dumps({"Authorization": "Bearer "}, indent=2),
        "liveUrl": settings.LIVE_URL,
    }
    return HttpResponse(orjson.dumps(begin), content_type="application/json")


def variables(now: datetime, device_id: UUID, message_id: UUID) -> dict[str, Any]:
    """Return values for all variables of the operations.

    Args:
        now: What is stored was measured just before, in whole multiples of five seconds: such a
            message never spans two quarters of an hour.
        device_id: Of a device that nothing is stored of.
        message_id: Of no message there is.
    """
    past = timedelta(seconds=now.second % 5, microseconds=now.microsecond)
    started_at = now - past - TRACKED
    return {
        "login": {"email": "", "password": "", "deviceName": "playground"},
        "timeZone": "UTC",
        "from": _text(now - timedelta(days=1)),
        "to": _text(now),
        "batch": {
            "deviceId": str(device_id),
            "schemaVersion": versions.NEWEST,
            "clientSentAt": _text(now),
            "messageIds": [str(message_id)],
            "seqs": ["1"],
            "startedAts": [_text(started_at)],
            "agesMs": [round((now - started_at).total_seconds() * 1000)],
            "messageDurationsMs": [round(TRACKED.total_seconds() * 1000)],
            "seenMs": [4900],
            "fpsMeans": [30],
            "longClosures": [0],
            "closedMs": [310],
            "blinkCounts": [2],
            "onsetsMs": [800, 3600],
            "durationsMs": [150, 160],
            "closures": [96, 71],
        },
    }


@cache
def _introspection() -> dict[str, Any]:
    return schema.introspect()


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
