"""Who is measured, and in which order.

Everybody takes a turn in each round, so that a machine that slows down slows all of them; the
server itself opens and closes each round, and how far its two turns differ is the noise.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from urllib.parse import urlsplit

from tests.bench import bare, heats, load, servers
from tests.bench.heats import SYNC, TRACK, Contestant, Kind, Measured
from waw_server.ops.serving import serving

OURS = "WaW"
CONTROL = "WaW again"
SQL = "bare SQL, 1 connection"
REST = "REST"
GRAPHQL = "GraphQL"
REST_COLUMNS = "REST, columns"
GRAPHQL_COLUMNS = "GraphQL, columns"
REST_OBJECTS = "REST, objects"
GRAPHQL_OBJECTS = "GraphQL, objects"

Results = dict[str, dict[str, list[Measured]]]  # by kind, by contestant, one a round


def measured(rounds: int, seconds: float, say: Callable[[str], object]) -> Results:
    """Measure everybody that this environment has, so many times in turn.

    Args:
        rounds: How many turns each takes.
        seconds: How long each is measured.
        say: Told of each turn as it ends.
    """
    results: Results = defaultdict(lambda: defaultdict(list))
    people = heats.enrol(max(TRACK.connections, SYNC.connections))
    with ExitStack() as stack:
        client = stack.enter_context(load.process())
        turns = _turns(_ports(stack))
        requests = bare.recorded(SYNC, people[0], seconds)
        for number in range(rounds):
            for kind, who in turns:
                if who.name == SQL:
                    it = bare.replayed(requests, seconds)
                else:
                    it = heats.heat(who, kind, people, client, seconds)
                results[kind.name][who.name].append(it)
                say(f"round {number + 1}  {kind.name:10}  {who.name:24} {it.requests_s:7.1f} req/s")
    return results


def contestants(ports: dict[str, int]) -> list[tuple[Kind, Contestant]]:
    """Return who serves on these ports, in the order of a round."""
    ours = ports["waw"]
    found = [
        (TRACK, Contestant(OURS, ours, "/graphql", "one by GraphQL")),
        (SYNC, Contestant(OURS, ours, "/graphql", "columns by GraphQL")),
    ]
    if "rest" in ports:
        rest, graphql = ports["rest"], ports["graphql"]
        found[1:1] = [
            (TRACK, Contestant(REST, rest, "/messages", "one")),
            (TRACK, Contestant(GRAPHQL, graphql, "/graphql", "one by GraphQL")),
        ]
        found += [
            (SYNC, Contestant(REST_COLUMNS, rest, "/columns", "columns")),
            (SYNC, Contestant(GRAPHQL_COLUMNS, graphql, "/graphql", "columns by GraphQL")),
            (SYNC, Contestant(REST_OBJECTS, rest, "/batches", "objects")),
            (SYNC, Contestant(GRAPHQL_OBJECTS, graphql, "/graphql", "objects by GraphQL")),
        ]
    return found


def _turns(ports: dict[str, int]) -> list[tuple[Kind, Contestant]]:
    ours = ports["waw"]
    return [
        *contestants(ports),
        (SYNC, Contestant(SQL, 0, "", "")),
        (SYNC, Contestant(CONTROL, ours, "/graphql", "columns by GraphQL")),
        (TRACK, Contestant(CONTROL, ours, "/graphql", "one by GraphQL")),
    ]


def _ports(stack: ExitStack) -> dict[str, int]:
    """Start our server, and the peers if their packages are here."""
    ports = {"waw": urlsplit(stack.enter_context(serving(servers.PREFERRED_PORT))).port or 0}
    if not servers.missing_peer_packages():
        for name in ("rest", "graphql"):
            ports[name] = stack.enter_context(servers.peer(name))
    return ports
