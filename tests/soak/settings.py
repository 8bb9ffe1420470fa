"""The real settings, less a line for each request that is refused: thousands are meant to be.

What is logged as an error still is, 500 and above among it.
"""

from waw_server.settings import *  # noqa: F403 - settings are a namespace
from waw_server.settings import LOGGING as _LOGGING

LOGGING = _LOGGING | {
    "loggers": {
        "axes": {"level": "ERROR"},
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    }
}
