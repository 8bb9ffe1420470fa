"""`manage.py serve`: everything the server needs, on this machine, until Ctrl-C."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from waw_server.ops.serving import (
    ServerFailed,
    end_like_ctrl_c,
    serving,
    serving_live,
    wait_for_ctrl_c,
    where,
)
from waw_server.web import playground


class Command(BaseCommand):
    help = "Migrate the database and serve on loopback until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="8000, or the next free one")

    def handle(self, *_args: Any, port: int, **_options: Any) -> None:
        end_like_ctrl_c()
        call_command("migrate", verbosity=0)
        try:
            with serving_live(port + 1) as live_url, serving(port, live_url) as url:
                self.stdout.write(where(url, live_url))
                self.stdout.write(playground.where(url))
                self.stdout.write(f"Admin {url}/admin/ and API {url}/graphql; Ctrl-C ends it.")
                wait_for_ctrl_c()
        except KeyboardInterrupt:
            self.stdout.write("Stopped.")
        except ServerFailed as error:
            raise CommandError(str(error)) from error
