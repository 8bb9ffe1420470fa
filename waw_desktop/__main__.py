"""The command line. Only what a command needs is imported, so that none loads Qt.

The detector's process begins by importing this module again; what knows the network is
therefore imported in the functions that need it, and never there.
"""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from waw_desktop.config import BadSetting, Settings, from_environment, server_url
from waw_desktop.core.consents import Purpose
from waw_desktop.core.live import Live, in_words

if TYPE_CHECKING:
    from waw_desktop.app import Task
    from waw_desktop.desktop import Job
    from waw_desktop.sync.engine import Credentials
    from waw_desktop.vision.preview import Preview

USAGE_ERROR = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Returns:
        0 when it did what it says, 1 when something is left undone, 2 when it was not begun.
    """
    parser = _parser()
    args = parser.parse_args(argv)
    if args.command is None:
        parser.print_help()
        return 0
    try:
        settings = from_environment()
    except BadSetting as error:
        return _refuse(str(error))
    match args.command:
        case "analyze":
            return _analyze(args)
        case "bench":
            return _bench(args)
        case "selftest":
            return _selftest()
        case "app":
            return _app(args, settings)
        case "outbox":
            return _outbox(args, settings)
        case "history":
            return _history(args, settings)
        case "pause" | "resume":
            return _pause(args, settings)
        case _:
            return _track(args, settings)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="waw" if hasattr(sys, "frozen") else "python -m waw_desktop",
        description="Measure how you blink. Pictures never leave this computer's memory.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    analyze = commands.add_parser("analyze", help="find the blinks in a clip")
    analyze.add_argument("clip", help="file, address or portrait")
    analyze.add_argument("--json", action="store_true", help="print one JSON object")
    analyze.add_argument("--plot", type=Path, metavar="PNG", help="draw openness and blinks")

    analyze.add_argument(
        "--adaptive", action="store_true", help="spare the processor, as track does"
    )

    bench = commands.add_parser("bench", help="compare with annotated clips")
    bench.add_argument("directory", type=Path, help="searched for annotated clips and series")
    bench.add_argument("--json", action="store_true", help="print one JSON object")
    bench.add_argument("--adaptive", action="store_true", help="spare the processor, as track does")

    _add_app(commands.add_parser("app", help="open the window and track"))

    _add_track(commands.add_parser("track", help="track blinks and sync them"))

    _add_outbox(commands.add_parser("outbox", help="see what is kept here and not yet sent"))

    _add_history(commands.add_parser("history", help="take along what was measured here"))

    _add_pause(commands.add_parser("pause", help="turn the camera off, also of a running tracker"))
    commands.add_parser("resume", help="end a pause")

    commands.add_parser("selftest", help="prove that this installation can work")
    return parser


def _add_outbox(outbox: argparse.ArgumentParser) -> None:
    actions = outbox.add_subparsers(dest="action", metavar="ACTION", required=True)
    show = actions.add_parser("list", help="print what waits, and what was set aside and why")
    show.add_argument("--json", action="store_true", help="print one JSON object")
    export = actions.add_parser("export", help="write it to a file, as it would be sent")
    export.add_argument("file", type=Path, help="a new JSON file")
    for action in (show, export):
        _add_server(action)
        action.add_argument("--email", help="of the account (WAW_EMAIL); none for --offline")


def _add_history(history: argparse.ArgumentParser) -> None:
    actions = history.add_subparsers(dest="action", metavar="ACTION", required=True)
    export = actions.add_parser("export", help="write it to a file, as a table or as JSON")
    export.add_argument("file", type=Path, help="a new file; JSON if its name ends so, else CSV")
    _add_server(export)
    export.add_argument("--email", help="of the account (WAW_EMAIL); none for --offline")


def _add_pause(pause: argparse.ArgumentParser) -> None:
    until = pause.add_mutually_exclusive_group()
    until.add_argument("--minutes", type=_minutes, metavar="N", help="end by itself after so long")
    until.add_argument("--until-tomorrow", action="store_true", help="end by itself at midnight")


def _minutes(text: str) -> int:
    minutes = int(text) if text.isdecimal() else 0
    if not 1 <= minutes <= 7 * 24 * 60:
        raise argparse.ArgumentTypeError("a number of minutes, a week at most")
    return minutes


def _add_server(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--server", metavar="URL", help="address of the server (WAW_SERVER_URL)")


def _add_app(window: argparse.ArgumentParser) -> None:
    _add_task(window)
    window.add_argument("--in-tray", action="store_true", help="begin in the tray, if there is one")


def _add_track(track: argparse.ArgumentParser) -> None:
    _add_task(track)
    track.add_argument(
        "--for", dest="for_s", type=float, metavar="SECONDS", help="stop after so long"
    )
    track.add_argument("--json", action="store_true", help="print one JSON object at the end")


def _add_task(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--source", help="camera number, file, address or portrait (WAW_SOURCE)")
    _add_server(parser)
    parser.add_argument(
        "--email", help="of the account (WAW_EMAIL); the password is WAW_PASSWORD or asked for"
    )
    parser.add_argument(
        "--browser", action="store_true", help="sign in with the browser, without a password here"
    )
    parser.add_argument("--offline", action="store_true", help="keep everything here for now")
    parser.add_argument(
        "--agree",
        action="append",
        default=[],
        type=Purpose,
        choices=list(Purpose),
        metavar="PURPOSE",
        help="agree to local-tracking or cloud-sync; repeatable; without it the text is shown",
    )
    parser.set_defaults(for_s=None)


def _analyze(args: argparse.Namespace) -> int:
    from waw_desktop.vision import analyze  # noqa: PLC0415 - loads the detector

    return analyze.run(args.clip, as_json=args.json, plot=args.plot, is_thrifty=args.adaptive)


def _bench(args: argparse.Namespace) -> int:
    from waw_desktop.vision import bench  # noqa: PLC0415 - loads the detector

    return bench.run(args.directory, as_json=args.json, is_thrifty=args.adaptive)


def _selftest() -> int:
    from waw_desktop import selftest  # noqa: PLC0415 - loads the detector

    return selftest.run()


def _outbox(args: argparse.Namespace, settings: Settings) -> int:
    from waw_desktop import kept  # noqa: PLC0415 - knows the network
    from waw_desktop.sync.outbox import OutboxError  # noqa: PLC0415 - belongs to the network half

    try:
        found = kept.look(settings, _server(args, settings), args.email or settings.email)
        if args.action == "export":
            kept.export(found, args.file)
        elif args.json:
            sys.stdout.write(kept.in_json(found))
        else:
            sys.stdout.writelines(f"{line}\n" for line in kept.in_words(found))
    except (BadSetting, kept.NothingKept) as error:
        return _refuse(str(error))
    except (OutboxError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _history(args: argparse.Namespace, settings: Settings) -> int:
    from waw_desktop import kept  # noqa: PLC0415 - knows the network
    from waw_desktop.host.history import HistoryError  # noqa: PLC0415 - only this command needs it

    email = args.email or settings.email
    try:
        kept.export_history(settings, _server(args, settings), email, args.file)
    except (BadSetting, kept.NothingKept) as error:
        return _refuse(str(error))
    except (HistoryError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _pause(args: argparse.Namespace, settings: Settings) -> int:
    from waw_desktop.host import paths, pauses  # noqa: PLC0415 - only these commands need it

    now = datetime.now().astimezone()
    try:
        directory = paths.desktop_dir(settings.data_dir)
        if args.command == "resume":
            pauses.resume(directory)
            sys.stdout.write("The pause is over.\n")
            return 0
        until = pauses.tomorrow(now) if args.until_tomorrow else None
        until = now + timedelta(minutes=args.minutes) if args.minutes else until
        pauses.pause(directory, until)
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    end = f"{until:%A, %H:%M}" if until else "you resume"
    sys.stdout.write(f"Paused until {end}. The camera is off.\n")
    return 0


def _server(args: argparse.Namespace, settings: Settings) -> str:
    return server_url(args.server) if args.server else settings.server_url


def _track(args: argparse.Namespace, settings: Settings) -> int:
    from waw_desktop import app  # noqa: PLC0415 - knows the network
    from waw_desktop.sync.outbox import OutboxError  # noqa: PLC0415 - belongs to the network half
    from waw_desktop.vision import tracker  # noqa: PLC0415 - loads the detector

    screen = _Terminal()
    try:
        task = _task(args, settings)
        start = partial(tracker.start, cpu_limit=settings.cpu_limit)
        summary = app.track(task, settings, start, screen)
    except (BadSetting, app.ConsentMissing) as error:
        return _refuse(str(error))
    except (OutboxError, OSError) as error:
        screen.say(f"{error}")
        return 1
    report = {**asdict(summary), **_painted(summary.source)}
    sys.stdout.write(_report(report, as_json=args.json))
    return 0


def _app(args: argparse.Namespace, settings: Settings) -> int:
    from waw_desktop import desktop  # noqa: PLC0415 - loads the whole of Qt
    from waw_desktop.vision.preview import Preview  # noqa: PLC0415 - loads the detector

    preview = Preview()
    try:
        return desktop.run(partial(_job, args, preview), settings, preview, in_tray=args.in_tray)
    except BadSetting as error:
        return _refuse(str(error))
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _job(args: argparse.Namespace, preview: Preview, settings: Settings) -> Job:
    """Return what the window is to track by settings as they are now."""
    from waw_desktop.app import Task  # noqa: PLC0415 - knows the network
    from waw_desktop.desktop import Job  # noqa: PLC0415 - loads the whole of Qt
    from waw_desktop.sync.engine import Credentials  # noqa: PLC0415 - knows the network
    from waw_desktop.vision import tracker  # noqa: PLC0415 - loads the detector

    account = "" if args.offline else args.email or settings.email
    has_password = bool(account and settings.password)
    task = Task(
        source=args.source or settings.source,
        server_url=_server(args, settings),
        account=account,
        credentials=Credentials(account, settings.password) if has_password else None,
        agrees_to=tuple(args.agree),
    )
    start = partial(tracker.start, cpu_limit=settings.cpu_limit, preview=preview)
    return Job(task, start)


def _painted(source: str) -> dict[str, int]:
    """Return how many blinks a portrait with an end showed, to compare with what was seen."""
    from waw_desktop.vision import portrait  # noqa: PLC0415 - loads the detector

    if not source.startswith("portrait"):
        return {}
    try:
        return {"painted": len(portrait.truth(source))}
    except portrait.BadPortrait:
        return {}


def _task(args: argparse.Namespace, settings: Settings) -> Task:
    """Return what to track, from the arguments and then the environment.

    Raises:
        BadSetting: If something is missing or cannot be used.
    """
    from waw_desktop.app import Task  # noqa: PLC0415 - knows the network

    account = args.email or settings.email
    source = args.source or settings.source
    if _is_missing_file(source):
        raise BadSetting(f"there is no file {source!r} to track")
    is_bare = args.offline or args.browser
    return Task(
        source=source,
        server_url=_server(args, settings),
        account=account,
        credentials=None if is_bare else _credentials(account, settings.password),
        open_url=_open_url(account) if args.browser and not args.offline else None,
        agrees_to=tuple(args.agree),
        for_s=args.for_s,
    )


def _open_url(account: str) -> Callable[[str], bool]:
    import webbrowser  # noqa: PLC0415 - the detector's process has no use for it

    _require_account(account)
    return webbrowser.open


def _require_account(account: str) -> None:
    if not account:
        raise BadSetting("an account is needed to sync: --email ADDRESS, or else --offline")


def _credentials(account: str, password: str) -> Credentials:
    from waw_desktop.sync.engine import Credentials  # noqa: PLC0415 - knows the network

    _require_account(account)
    if not password and not sys.stdin.isatty():
        raise BadSetting("a password is needed to sync: set WAW_PASSWORD")
    return Credentials(account, password or getpass.getpass(f"Password of {account}: "))


def _is_missing_file(source: str) -> bool:
    is_file = not (source.isdecimal() or "://" in source or source.startswith("portrait"))
    return is_file and not Path(source).exists()


def _report(summary: dict[str, object], *, as_json: bool) -> str:
    if as_json:
        return json.dumps(summary) + "\n"
    return (
        "{detected} blinks seen, {messages_sealed} messages sealed;"
        " {synced} sent, {pending} waiting, {quarantined} set aside,"
        " {dropped} dropped\n"
    ).format_map(summary)


def _refuse(reason: str) -> int:
    sys.stderr.write(f"{reason}\n")
    return USAGE_ERROR


class _Terminal:
    """Standard error: lines that stay and, where somebody watches, one that changes."""

    def __init__(self) -> None:
        self._is_live = sys.stderr.isatty()
        self._shown = ""

    def say(self, line: str) -> None:
        """Write a line that stays."""
        self._replace("")
        sys.stderr.write(f"{line}\n")

    def show(self, live: Live) -> None:
        """Write how things are at present, in place of what was shown before."""
        self._replace(in_words(live))

    def _replace(self, line: str) -> None:
        if self._is_live and line != self._shown:
            sys.stderr.write(f"\r{' ' * len(self._shown)}\r{line}")
            sys.stderr.flush()
            self._shown = line


if __name__ == "__main__":
    sys.exit(main())
