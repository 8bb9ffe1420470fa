"""The HTTP entry point: `granian --interface wsgi waw_server.wsgi:application`."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse

from waw_server.ops import database

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "waw_server.settings")
database.export_url()
try:
    django_application = get_wsgi_application()
except ImproperlyConfigured as problem:
    sys.exit(str(problem))


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Return Django's reply, in one piece where it has it in one.

    Granian sends a list at once, and asks anything else for piece after piece.
    """
    response = django_application(environ, start_response)
    if not isinstance(response, HttpResponse):
        return response
    response.close()
    return [response.content]


# What is loaded by now stays, so the collector need not look through it again and again. It looks
# at everything once there is a quarter more than the last time, and only then frees what GraphQL
# leaves of each request in a ring: so the last time must be after the rest was set aside.
gc.collect()
gc.freeze()
gc.collect()
