"""Figures to a table, and to one object for other programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, fields
from statistics import median
from typing import Any

from tests.bench import rounds
from tests.bench.heats import SYNC, TRACK, Measured
from tests.bench.rounds import Results

HEADER = (
    f"{'':24} {'req/s':>7} {'min..max':>13} {'WaW is':>7} {'by CPU':>7} {'p50 ms':>7} {'p99 ms':>7}"
    f" {'server':>7} {'Postgres':>8}  CPU ms a request"
)


def table(results: Results) -> str:
    """Return what a person reads: medians of all rounds."""
    return "\n".join(line for kind in (TRACK.name, SYNC.name) for line in _lines(kind, results))


def figures(results: Results) -> dict[str, Any]:
    """Return the figures that others go on with, and the medians they come from.

    A figure is left out where its peer was not measured.
    """
    track, sync = results[TRACK.name], results[SYNC.name]
    ratios = {
        "track_vs_rest": (track, rounds.REST),
        "track_vs_graphql_peer": (track, rounds.GRAPHQL),
        "track_control": (track, rounds.CONTROL),
        "sync_vs_columnar": (sync, rounds.REST_COLUMNS),
        "sync_vs_columnar_graphql": (sync, rounds.GRAPHQL_COLUMNS),
        "sync_vs_list": (sync, rounds.REST_OBJECTS),
        "sync_vs_list_graphql": (sync, rounds.GRAPHQL_OBJECTS),
        "sync_vs_sql": (sync, rounds.SQL),
        "sync_control": (sync, rounds.CONTROL),
    }
    return {
        "track_rps": round(_median(track[rounds.OURS], _requests_s), 1),
        "sync_messages_s": round(_median(sync[rounds.OURS], lambda it: it.messages_s)),
        "sync_blinks_s": round(_median(sync[rounds.OURS], lambda it: it.blinks_s)),
        **{
            f"{name}{suffix}": round(by(kind[rounds.OURS], kind[peer]), 3)
            for suffix, by in (("", ratio), ("_by_cpu", cpu_ratio))
            for name, (kind, peer) in ratios.items()
            if peer in kind
        },
        "medians": {
            kind: {name: medians(measured) for name, measured in each.items()}
            for kind, each in results.items()
        },
    }


def medians(measured: list[Measured]) -> dict[str, float]:
    """Return the median of each quantity, and the extremes of the rate."""
    rates = [it.requests_s for it in measured]
    return {
        **{
            field.name: round(median(asdict(it)[field.name] for it in measured), 3)
            for field in fields(Measured)
        },
        "requests_s_min": round(min(rates), 3),
        "requests_s_max": round(max(rates), 3),
    }


def ratio(ours: list[Measured], theirs: list[Measured]) -> float:
    """Return how many times as many requests we took: the median of each round's ratio.

    Both took their turns close together in a round, so a slow spell divides out.
    """
    return median(
        mine.requests_s / other.requests_s for mine, other in zip(ours, theirs, strict=True)
    )


def cpu_ratio(ours: list[Measured], theirs: list[Measured]) -> float:
    """Return how many times our CPU, with PostgreSQL's, they take for a request; as `ratio`."""
    return median(_cpu_ms(other) / _cpu_ms(mine) for mine, other in zip(ours, theirs, strict=True))


def _lines(kind: str, results: Results) -> Iterator[str]:
    each = results[kind]
    ours = each[rounds.OURS]
    yield f"{kind:24}"
    yield HEADER
    for name, measured in each.items():
        it = medians(measured)
        extremes = f"{it['requests_s_min']:.1f}..{it['requests_s_max']:.1f}"
        yield (
            f"{name:24} {it['requests_s']:7.1f} {extremes:>13}"
            f" {ratio(ours, measured):6.2f}x {cpu_ratio(ours, measured):6.2f}x"
            f" {it['p50_ms']:7.1f} {it['p99_ms']:7.1f}"
            f" {it['server_cpu_ms']:7.2f} {it['postgres_cpu_ms']:8.2f}"
        )
    if kind == SYNC.name:
        messages_s = _median(ours, lambda it: it.messages_s)
        blinks_s = _median(ours, lambda it: it.blinks_s)
        yield f"WaW stores {messages_s:,.0f} messages, {blinks_s:,.0f} blinks a second."
    foreign = [it.foreign_cores for measured in each.values() for it in measured]
    apart = [
        abs(control.requests_s / mine.requests_s - 1)
        for mine, control in zip(ours, each[rounds.CONTROL], strict=True)
    ]
    yield (
        f"Noise: the same server twice in a round differed by {median(apart):.0%} "
        f"(at most {max(apart):.0%}); others took {median(foreign):.2f} cores "
        f"(at most {max(foreign):.2f}).\n"
    )


def _cpu_ms(it: Measured) -> float:
    return it.server_cpu_ms + it.postgres_cpu_ms


def _requests_s(it: Measured) -> float:
    return it.requests_s


def _median(measured: list[Measured], quantity: Callable[[Measured], float]) -> float:
    return median(map(quantity, measured))
