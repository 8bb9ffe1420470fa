"""Requests that nobody in their right mind would send, and what may come of them.

`make soak` sends 100,000 of them to the real server and times each; `make test` puts 5,000 to
the same application in its own process. A seed names a run, so what fails can be had again.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PROJECT = Path(__file__).resolve().parents[2]
CLASSIFIED = frozenset(
    {
        *("UNAUTHENTICATED", "FORBIDDEN", "BAD_USER_INPUT", "CONSENT_REQUIRED"),
        *("UPGRADE_REQUIRED", "SERVER_OUTDATED", "RATE_LIMITED"),
    }
)
MOST_S = 2.0
BOMB_MOST_S = 0.05
CONNECTIONS = 4
MOST_BYTES = 1 << 20
REFUSED = (413, b'{"errors":[{"extensions":{"code":"BAD_USER_INPUT"}}]}')
LOST = (599, b"")
BOMBS = 200
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent.

    Attributes:
        is_for_us: Whether it names a host of ours; else Django refuses it before the API sees it.
    """

    body: bytes
    method: str = "POST"
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    is_for_us: bool = True


def fault(request: Request, status: int, body: bytes) -> str | None:
    """Return in words what is wrong with a reply, None if it is as it may be."""
    if status >= 500:
        return f"status {status}"
    if request.method == "HEAD" or not request.is_for_us:
        return None
    try:
        reply = json.loads(body)
    except ValueError:
        return f"no JSON, status {status}"
    codes = [(it.get("extensions") or {}).get("code") for it in reply.get("errors", ())]
    strange = sorted({str(code) for code in codes if code not in CLASSIFIED})
    if strange:
        return f"codes {strange}"
    return None if codes or reply.get("data") is not None else "neither data nor errors"


def requests(seed: int, tokens: list[str]) -> Iterator[Request]:
    """Yield requests without end, each another.

    Args:
        seed: Names the sequence.
        tokens: Of living sessions, so that what is asked gets past the door.
    """
    dice = random.Random(seed)
    while True:
        yield _request(dice, tokens)


def bombs(seed: int) -> Iterator[Request]:
    """Yield documents that double themselves with each fragment, each another."""
    dice = random.Random(seed)
    while True:
        count, name = dice.randint(14, 75), f"F{dice.getrandbits(40)}_"
        chain = "".join(
            f"fragment {name}{i} on Query{{...{name}{i + 1} ...{name}{i + 1}}}"
            for i in range(count)
        )
        end = f"fragment {name}{count} on Query{{health{{status}}}}"
        yield Request(
            _json({"query": f"{{...{name}0}}{chain}{end}"}), headers={"Content-Type": JSON}
        )


def _request(dice: random.Random, tokens: list[str]) -> Request:
    headers = {"Content-Type": JSON, **_authorization(dice, tokens)}
    kind = dice.random()
    if kind < 0.75:
        return Request(_json(_mutated_payload(dice)), headers=headers)
    if kind < 0.9:
        return Request(_broken_body(dice), headers=headers)
    if kind < 0.94:
        method = dice.choice(["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
        return Request(
            b"", method, dice.choice(["query={health}", "%00", "query=%7B", ""]), headers
        )
    return _with_odd_headers(dice, headers)


def _authorization(dice: random.Random, tokens: list[str]) -> dict[str, str]:
    if dice.random() < 0.7:
        return {"Authorization": f"Bearer {dice.choice(tokens)}"}
    token = dice.choice(tokens)
    cut = dice.randrange(len(token))
    return dice.choice(
        [
            {},
            {"Authorization": token},
            {"Authorization": f"Bearer {token[:cut]}"},
            {"Authorization": f"Bearer {token[:cut]}A{token[cut + 1 :]}"},
            {"Authorization": "Bearer " + "\xff" * 50},
            {"Authorization": "Basic YTpi"},
            {"Authorization": "Bearer a.b.c"},
            {"Authorization": "Bearer eyJhbGciOiJub25lIn0.e30."},
        ]
    )


def _with_odd_headers(dice: random.Random, headers: dict[str, str]) -> Request:
    body = _json({"query": "{ health { status } profile { id } }"})
    name, value = dice.choice(
        [
            *(("Content-Type", kind) for kind in CONTENT_TYPES),
            ("X-Forwarded-For", "10.0.0.1, x, ::, 999.1.1.1"),
            ("Origin", dice.choice(["null", "https://[", "https://evil.example", "\xff"])),
            ("Cookie", "sessionid=" + "x" * 4000),
            ("Cookie", "=;=;\xff"),
            ("Content-Encoding", "gzip"),
            ("Accept", "text/html"),
            ("X-HTTP-Method-Override", "DELETE"),
            ("Range", "bytes=0-1"),
            ("Host", dice.choice(["evil.example", "a b", "", "[", "localhost:99999"])),
        ]
    )
    return Request(body, headers={**headers, name: value}, is_for_us=name != "Host")


def _broken_body(dice: random.Random) -> bytes:
    payload = _mutated_payload(dice)
    whole = _json(payload)
    deep = dice.choice([10, 63, 64, 65, 1000, 50_000])
    return dice.choice(
        [
            whole[: dice.randrange(len(whole) + 1)],
            whole + whole,
            _json([payload] * dice.choice([0, 1, 2, 50])),
            dice.randbytes(dice.randrange(300)),
            b"[" * deep + b"]" * dice.choice([0, deep]),
            b'{"query":"{health{status}}","variables":'
            + b'{"a":' * deep
            + b"1"
            + b"}" * deep
            + b"}",
            whole.replace(b'"query"', dice.choice([b'"queri"', b'"query":"{a}","query"'])),
            _json(
                dice.choice([None, 1, "x", [], {}, {"query": 1}, {"query": None}, {"query": []}])
            ),
            _json({**payload, "operationName": _hostile(dice)}),
            _json({**payload, "extensions": _hostile(dice)}),
            _json({**payload, "variables": _hostile(dice)}),
            whole.decode().encode("utf-16"),
            b"\xef\xbb\xbf" + whole,
        ]
    )


def _mutated_payload(dice: random.Random) -> dict[str, Any]:
    document, variables = dice.choice(OPERATIONS)
    if dice.random() < 0.4:
        document = _mutated_text(dice, document)
    for _ in range(dice.choice([0, 0, 1, 1, 2, 4])):
        variables = _mutated(dice, variables)
    return {"query": document, "variables": variables}


def _mutated_text(dice: random.Random, text: str) -> str:
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(text) + 1)
        text = dice.choice(_changes_of_text(dice, text[:at], text[at:]))
    return text[:100_000]


def _changes_of_text(dice: random.Random, before: str, after: str) -> list[str]:
    return [
        before + dice.choice(SIGNS) + after,
        before + after[1:],
        before + before[-12:] * dice.randint(1, 40) + after,
        before,
        before + str(dice.choice(NUMBERS)) + after,
        "{a" * dice.choice([5, 50, 400, 5000]) + before + after,
        before + " @skip(if: true)" * dice.choice([1, 11, 400]) + after,
        before + after + dice.choice(MORE),
        (before + after).replace("{", "{ a: __typename ", dice.choice([1, 40])),
    ]


def _changes_of_list(dice: random.Random, values: list[Any], at: int) -> list[list[Any]]:
    before, it, after = values[:at], values[at], values[at + 1 :]
    return [
        before + after,
        values * dice.choice([2, 10, 130]) if len(values) < 10 else before,
        [*before, dice.choice(HOSTILE), *after],
        [*before, _mutated(dice, it), *after],
        values[::-1],
        [values],
    ]


def _mutated(dice: random.Random, value: Any) -> Any:
    """Return a value with something hostile at one place of it."""
    if isinstance(value, dict) and value and dice.random() < 0.9:
        name = dice.choice(sorted(value))
        if dice.random() < 0.1:
            return {key: it for key, it in value.items() if key != name}
        return {**value, name: _mutated(dice, value[name])}
    if isinstance(value, list) and value and dice.random() < 0.7:
        return dice.choice(_changes_of_list(dice, value, dice.randrange(len(value))))
    return _hostile(dice)


def _hostile(dice: random.Random) -> Any:
    return dice.choice(HOSTILE)


SIGNS = [
    *'{}()[]"\\#$@!:|&=,',
    "...",
    "\0",
    "\u202e",
    "é",
    "\U0001f600",
    '"""',
    "\ufeff",
    "\n",
    "fragment",
]
NUMBERS = [10**40, -1, 2**31, 2**63, 0.1, 1e999, "null", "true", "1e999", "-0"]
HOSTILE: list[Any] = [
    *(None, True, False, 0, -1, 1.5, 2**31, 2**53, 2**63 - 1, 10**18, 1e308, -1e308),
    *("", "x", "null", "1", "-1"),
    *("9" * 400, "x" * 100_000, "\0", "\ud800", "é\U0001f600", "\u202e"),
    *("%s%n", "'; --"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-02-30T00:00:00Z"),
    *("2026-03-02T09:00:00", "2026-03-02T23:59:60Z", "Europe/Vienna", "../../etc/passwd", "UTC\0"),
    *("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "{0}"),
    *([], [[]], [None], [-1], [2**40], ["x"], {}, {"a": {"b": [{}]}}, [0] * 300),
]  # fmt: skip
MORE = [
    " query B { health { status } }",
    " fragment F on Query { ...F }",
    " mutation { logout { sessionsEnded } }",
    " subscription { blinkUpdates { deviceId } }",
    " type T { a: Int }",
    " { __schema { types { name fields { name type { name fields { name } } } } } }",
    " #" * 300,
]
CONTENT_TYPES = [
    *("text/plain", "application/graphql", "application/x-www-form-urlencoded", "", "/", ";"),
    *("application/json; charset=utf-16", "application/json; charset=nope", "\xff"),
    *("multipart/form-data; boundary=x", "multipart/form-data", "APPLICATION/JSON"),
]
_DEVICE = "0190a000-0000-7000-8000-0000000000aa"
_AT = "2026-03-02T09:00:00Z"
_MESSAGE = {
    "messageId": "0190a000-0000-7000-8000-000000000001",
    "seq": "1",
    "startedAt": _AT,
    "durationMs": 60_000,
    "seenMs": 50_000,
    "fpsMean": 29.9,
    "onsetsMs": [0, 900],
    "durationsMs": [100, 200],
    "closures": [90, 40],
    "longClosures": 0,
    "closedMs": 300,
    "clientSentAt": _AT,
}
_BATCH = {
    "deviceId": _DEVICE,
    "schemaVersion": 1,
    "clientSentAt": _AT,
    "messageIds": [f"0190a000-0000-7000-8000-00000000000{n}" for n in (2, 3)],
    "seqs": ["2", "3"],
    "startedAts": [_AT, "2026-03-02T09:01:00Z"],
    "agesMs": [-1, 60_000],
    "messageDurationsMs": [60_000] * 2,
    "seenMs": [50_000] * 2,
    "fpsMeans": [29.9] * 2,
    "longClosures": [0, 0],
    "closedMs": [300, 0],
    "blinkCounts": [2, 0],
    "onsetsMs": [0, 900],
    "durationsMs": [100, 200],
    "closures": [90, 40],
}


def _mutation(name: str, kind: str, fields: str) -> str:
    return f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ {fields} }} }}"


_HISTORY = (
    "query ($from: UtcDateTime!, $to: UtcDateTime!,"
    " $bucket: Bucket!, $zone: String!, $device: UUID)"
    "{ blinkHistory(from: $from, to: $to, bucket: $bucket, timeZone: $zone, device: $device)"
    " { starts messages blinks seenMs blinksPerMin } }"
)
_PROFILE = (
    "query ($zone: String!) { profile { id email devices { ...D } consents { purpose textHash }"
    " today(timeZone: $zone) { blinks seenMs } } } fragment D on Device { id name watermark }"
)
_WITHDRAWN = {"purpose": "CLOUD_SYNC"}
_RECEIPTS = "messageIds statuses codes details watermark serverTime"
_REFRESH = "mutation ($token: String!) { refreshSession(refreshToken: $token) { __typename } }"
_CONSENT = {"purpose": "CLOUD_SYNC", "textHash": "a" * 64, "grantedAt": _AT, "clientSentAt": _AT}
_LOGIN = {"email": "alice@example.com", "password": "a guess", "deviceName": "laptop"}
_RANGE = {"from": _AT, "to": "2026-03-03T09:00:00Z", "bucket": "HOUR", "zone": "UTC"}
# How often each operation is taken: seldom those that cost much or end what the rest needs.
_SHARES: list[tuple[int, str, dict[str, Any]]] = [
    (4, "{ health { status uptimeSeconds database version } }", {}),
    (8, _PROFILE, {"zone": "Europe/Vienna"}),
    (4, "query ($d: UUID!) { tally(deviceId: $d) { messages watermark } }", {"d": _DEVICE}),
    (8, _HISTORY, {**_RANGE, "device": None}),
    (10, _mutation("trackBlink", "MessageInput", "status code detail"), {"input": _MESSAGE}),
    (14, _mutation("syncBlinks", "SyncBlinksInput", _RECEIPTS), {"input": _BATCH}),
    (3, _mutation("grantConsent", "GrantConsentInput", "textHash"), {"input": _CONSENT}),
    (1, _mutation("withdrawConsent", "WithdrawConsentInput", "purpose"), {"input": _WITHDRAWN}),
    (1, _mutation("login", "LoginInput", "__typename"), {"input": _LOGIN}),
    (3, _REFRESH, {"token": "a" * 91}),
    (1, "subscription ($z: String!) { blinkUpdates(timeZone: $z) { deviceName } }", {"z": "UTC"}),
]
OPERATIONS = [(document, values) for share, document, values in _SHARES for _ in range(share)]


def _json(value: Any) -> bytes:
    return json.dumps(value).encode("utf-8", "surrogatepass")


@dataclass(slots=True)
class Result:
    """What came of all requests.

    Attributes:
        statuses: How often each status was answered.
        faults: What was wrong, each with the request.
        slowest_s: The longest time until a reply was complete.
        bombs_s: The same for each document that doubles itself.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    bombs_s: list[float] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether everything is as the promises say."""
        return not self.faults and self.slowest_s <= MOST_S and max(self.bombs_s) < BOMB_MOST_S


def send_all(port: int, tokens: list[str], seed: int, count: int) -> Result:
    """Send so many requests to a server on this machine, over four connections."""
    result = Result()
    shares = [count // CONNECTIONS] * CONNECTIONS
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        jobs = [
            pool.submit(_send, port, requests(seed + nth, tokens), share, result)
            for nth, share in enumerate(shares)
        ]
        for job in jobs:
            job.result()
    alone = Result()
    result.bombs_s = _send(port, bombs(seed), BOMBS, alone)
    result.faults += alone.faults
    return result


def _send(port: int, source: Iterator[Request], count: int, result: Result) -> list[float]:
    """Send requests one after another, and return how long each took."""
    times_s = []
    for _, it in zip(range(count), source, strict=False):
        begin_s = time.monotonic()
        status, body = _sent(port, it)
        times_s.append(time.monotonic() - begin_s)
        result.statuses[status] += 1
        if found := fault(it, status, body):
            result.faults.append(f"{found}: {it}"[:2000])
        result.slowest_s = max(result.slowest_s, times_s[-1])
    return times_s


def _sent(port: int, it: Request) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.putrequest(it.method, f"/graphql?{it.query}", skip_host="Host" in it.headers)
        for name, value in it.headers.items():
            connection.putheader(name, value.encode("latin-1"))
        connection.putheader("Content-Length", str(len(it.body)))
        connection.endheaders(it.body)
        reply = connection.getresponse()
        return reply.status, reply.read()
    except ConnectionError:
        # Of a body that is too long the server reads no more than it must to refuse it.
        return REFUSED if len(it.body) > MOST_BYTES else LOST
    finally:
        connection.close()


def main() -> int:
    """Send them, print what came of them, and return 1 if any answer is not as it may be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000, help="requests")
    parser.add_argument("--seed", type=int, default=1, help="names the sequence")
    arguments = parser.parse_args()
    from waw_server.ops import database
    from waw_server.ops.serving import end_like_ctrl_c

    end_like_ctrl_c()
    with tempfile.TemporaryDirectory(prefix="waw-requests-") as directory:
        root = Path(directory)
        root.chmod(0o755)  # where root runs it, another account runs the database
        with database.running(database.cluster(root)) as url:
            os.environ["DATABASE_URL"] = url
            result = _run(arguments.seed, arguments.count)
    bombs_ms = sorted(it * 1000 for it in result.bombs_s)
    sys.stdout.write(
        f"{result.statuses.total()} requests: {dict(sorted(result.statuses.items()))}; "
        f"slowest {result.slowest_s:.2f} s; "
        f"fragment bombs {bombs_ms[len(bombs_ms) // 2]:.1f} ms, at most {bombs_ms[-1]:.1f} ms; "
        f"{len(result.faults)} faults.\n"
    )
    for found in result.faults[:20]:
        sys.stdout.write(f"  {found}\n")
    return 0 if result.is_good else 1


def _run(seed: int, count: int) -> Result:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.soak.settings"
    for name in ("SESSION_RATE", "ADDRESS_RATE", "SIGN_IN_RATE"):
        os.environ[name] = "1000000"  # all of them come from one address
    import django

    django.setup()
    from django.core.management import call_command

    from tests.bench import heats
    from waw_server.ops.serving import serving

    call_command("migrate", verbosity=0)
    tokens = [heats.begun_session(person) for person in heats.enrol(4)]
    with serving(0) as url:
        return send_all(urlsplit(url).port or 0, tokens, seed, count)


if __name__ == "__main__":
    sys.exit(main())
