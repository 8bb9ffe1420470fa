"""`manage.py devdb start|stop|status`: the embedded PostgreSQL by hand."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from waw_server.ops import database


class Command(BaseCommand):
    help = "Start, stop or find the embedded PostgreSQL, used while DATABASE_URL is unset."
    requires_system_checks = ()  # they would ask for the database

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=("start", "stop", "status"))

    def handle(self, *_args: Any, action: str, **_options: Any) -> None:
        try:
            it = database.cluster()
            if action == "start":
                database.start(it)
            elif action == "stop":
                database.stop(it)
        except database.DatabaseUnavailable as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_described(it))


def _described(it: database.Cluster) -> str:
    url = database.url_of(it.home)
    if url is None:
        return f"stopped; data in {it.data_dir}"
    port = url.rpartition(":")[2].split("/")[0]
    return f"running on 127.0.0.1:{port}; data in {it.data_dir}; password in {it.password_file}"
