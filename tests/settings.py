"""The server's settings for tests: development's, so that a bare `pytest` works."""

import os

os.environ.setdefault("WAW_ENV", "development")

from waw_server.settings import *  # noqa: F403 - settings come in one star

# The admin's pages are tested without collecting static files first.
STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
