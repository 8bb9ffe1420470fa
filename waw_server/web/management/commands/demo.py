"""`manage.py demo`: a real tracker watches a painted face and syncs it to a real server."""

import json
import os
import secrets
import subprocess
import sys
import tempfile
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from waw_server.accounts.models import User
from waw_server.ops.database import PROJECT
from waw_server.ops.serving import (
    ServerFailed,
    end_like_ctrl_c,
    serving,
    serving_live,
    wait_for_ctrl_c,
    where,
)
from waw_server.web import playground

SEAL_S = 10
WATCH_S = 42  # three whole messages, wherever between two cuts it begins
SYNC_LIMIT_S = 60
PEOPLE = {"alice@demo.example": "Alice", "bob@demo.example": "Bob"}
OPERATOR = "operator@demo.example"

_LOGIN = """
mutation ($input: LoginInput!) { login(input: $input) { ... on LoginSuccess { accessToken } } }
"""
_PROFILE = """
query ($timeZone: String!) { profile { email today(timeZone: $timeZone) {
    blinks messages seenMs } } }
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How often the face blinked, by everyone who counted."""

    painted: int
    detected: int
    stored: int
    messages: int

    @property
    def agrees(self) -> bool:
        """Whether all counted the same, over enough messages."""
        return self.painted == self.detected == self.stored > 0 and self.messages >= 3


class Command(BaseCommand):
    help = "Show the whole path on this machine: a painted face, the tracker, sync, the server."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="end when the counts are in")
        parser.add_argument("--port", type=int, default=8000, help="8000, or the next free one")

    def handle(self, *_args: Any, once: bool, port: int, **_options: Any) -> None:
        end_like_ctrl_c()
        call_command("migrate", verbosity=0)
        password = secrets.token_urlsafe(9)
        _make_people(password)
        try:
            with serving_live(port + 1) as live_url, serving(port, live_url) as url:
                self.stdout.write(where(url, live_url))
                self.stdout.write(f"The face is watched for {WATCH_S} s …")
                self.stdout.flush()
                outcome = _shown(url, password)
                self._report(outcome)
                if not once:
                    self._stay_open(url, password)
        except KeyboardInterrupt:
            self.stdout.write("Stopped.")
            return
        except ServerFailed as error:
            raise CommandError(str(error)) from error
        if not outcome.agrees:
            raise CommandError("The counts do not agree.")

    def _report(self, outcome: Outcome) -> None:
        self.stdout.write(f"Blinks painted on the portrait   {outcome.painted:4}")
        self.stdout.write(f"Blinks the tracker detected      {outcome.detected:4}")
        self.stdout.write(f"Blinks the server's profile says {outcome.stored:4}")
        self.stdout.write(f"Messages of {SEAL_S} s or less sent     {outcome.messages:4}")

    def _stay_open(self, url: str, password: str) -> None:
        self.stdout.write(f"Admin {url}/admin/ as {OPERATOR}, password {password}")
        self.stdout.write(playground.where(url))
        self.stdout.write(f"API {url}/graphql as {', '.join(PEOPLE)}, same password")
        self.stdout.write("Ctrl-C ends it.")
        wait_for_ctrl_c()


def _make_people(password: str) -> None:
    """Make the people of the demo, with a password of this run."""
    for email, name in PEOPLE.items():
        _make_person(email, password, display_name=name)
    _make_person(OPERATOR, password, is_staff=True, is_superuser=True)


def _make_person(email: str, password: str, **fields: Any) -> None:
    found = User.objects.filter(email=email).first()
    if found is None:
        User.objects.create_user(email, password, **fields)
        return
    found.set_password(password)
    found.save()


def _shown(url: str, password: str) -> Outcome:
    email = next(iter(PEOPLE))
    login = {"input": {"email": email, "password": password, "deviceName": "demo"}}
    token = _asked(url, _LOGIN, login)["login"]["accessToken"]
    before = _today(url, token)
    report = _track(url, email, password)
    after = _today(url, token)
    return Outcome(
        painted=report["painted"],
        detected=report["detected"],
        stored=after["blinks"] - before["blinks"],
        messages=after["messages"] - before["messages"],
    )


def _track(url: str, email: str, password: str) -> dict[str, Any]:
    """Run the tracker on the portrait and return its report."""
    with tempfile.TemporaryDirectory(prefix="waw-demo-") as data_dir:
        done = subprocess.run(  # noqa: S603 - our own tracker, fixed arguments
            [
                *(sys.executable, "-m", "waw_desktop", "track", "--json"),
                *("--source", f"portrait?fps=30&seconds={WATCH_S}"),
                *("--server", url, "--email", email),
                *("--agree", "local-tracking", "--agree", "cloud-sync"),
            ],
            cwd=PROJECT,
            env={
                **os.environ,
                "WAW_PASSWORD": password,
                "WAW_DATA_DIR": data_dir,
                "WAW_SEAL_S": str(SEAL_S),
            },
            stdout=subprocess.PIPE,
            timeout=WATCH_S + SYNC_LIMIT_S,
            check=False,
        )
    if done.returncode != 0:
        raise CommandError(f"The tracker ended with code {done.returncode}.")
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def _today(url: str, token: str) -> dict[str, Any]:
    """Return today's figures in a time zone where it is about noon: no midnight comes between."""
    hours_to_noon = 12 - datetime.now(UTC).hour
    zone = ZoneInfo(f"Etc/GMT{-hours_to_noon:+d}")  # POSIX counts west as positive
    profile = _asked(url, _PROFILE, {"timeZone": zone.key}, token)["profile"]
    figures: dict[str, Any] = profile["today"]
    return figures


def _asked(
    url: str, query: str, variables: dict[str, Any], token: str | None = None
) -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310 - our own server on loopback
        f"{url}/graphql",
        json.dumps({"query": query, "variables": variables}).encode(),
        {"Content-Type": "application/json"},
    )
    if token is not None:
        request.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=30) as reply:  # noqa: S310 - our own server on loopback
        answer = json.load(reply)
    if "errors" in answer:
        raise CommandError(f"The server refused: {answer['errors'][0]['message']}")
    data: dict[str, Any] = answer["data"]
    return data
