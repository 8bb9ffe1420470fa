#!/usr/bin/env python3
"""The server's command line; `serve` and `demo` bring their own database along."""

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from waw_server.ops import database

SUPERVISORS = {"serve", "demo"}
NEED_NO_DATABASE = {
    "devdb",
    "export_schema",
    "help",
    "--help",
    "--version",
    "version",
    "collectstatic",
}


def main() -> None:
    """Run one command, with `DATABASE_URL` set before the settings load."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "waw_server.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if command in SUPERVISORS:
        with database.provided():
            execute_from_command_line(sys.argv)
        return
    database.export_url()
    if command not in NEED_NO_DATABASE:
        _require_database()
    execute_from_command_line(sys.argv)


def _require_database() -> None:
    _ = settings.DATABASES  # loads them all, so that whatever is wrong is said at once
    if not os.environ.get("DATABASE_URL"):
        sys.exit(
            "No database: DATABASE_URL is not set and no embedded PostgreSQL runs.\n"
            "Start one with: python manage.py devdb start"
        )


if __name__ == "__main__":
    try:
        main()
    except (ImproperlyConfigured, database.DatabaseUnavailable) as problem:
        sys.exit(str(problem))
