"""Killed again and again, with a faulty server: everything arrives, each message once."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from uuid import UUID

from waw_desktop.sync.outbox import Outbox

ROOT = Path(__file__).parents[3]
MESSAGES = 150
KILLS = 5

# Seals up to the given number, in order, and sends at the same time. What was sealed is told
# to the parent only after `seal` has returned.
CHILD = """
import random, sys, time
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID
from waw_desktop.core.messages import Message
from waw_desktop.sync.client import SyncClient
from waw_desktop.sync.engine import Clock, Credentials, Engine
from waw_desktop.sync.outbox import Outbox
from waw_desktop.sync.sender import Sender
from waw_desktop.sync.transport import Timeouts, Transport

path, url, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
clock = Clock(lambda: datetime.now(UTC), lambda: 0, "", lambda: random.random() / 20)
outbox = Outbox(path)
client = SyncClient(Transport(url, timeouts=Timeouts(0.5, 0.3, 0.5)))
alice = Credentials("alice@example.org", "correct horse")
sender = Sender(Engine(outbox, client, clock, credentials=alice), outbox)
for number in range(outbox.counts().produced + 1, count + 1):
    started_at = datetime.fromtimestamp(number * 60, UTC)
    outbox.seal(
        Message(UUID(int=number), started_at, 0, "", 60_000, 9, 30.0, (1,), (200,), (99,), 0, 0)
    )
    print(number, flush=True)
    time.sleep(0.003)
while outbox.counts().pending:
    time.sleep(0.01)
sender.stop()
"""


def start(path, url):
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path), url, str(MESSAGES)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_killed_again_and_again(server, tmp_path):
    """With a third of all requests faulty and `kill -9` at random: 0 lost, 0 doubled."""
    path = tmp_path / "outbox.db"
    chance = random.Random(7)
    faults = ["unheard", "unanswered", "truncated", "twice", "portal", 503, 429]
    server.faults = [
        chance.choice(faults) if chance.random() < 0.33 else "none" for _ in range(5000)
    ]
    told = []

    for _ in range(KILLS):
        child = start(path, server.url)
        told.append(child.stdout.readline())
        time.sleep(chance.uniform(0.0, 0.15))
        child.send_signal(signal.SIGKILL)
        told += child.communicate()[0].splitlines()
    child = start(path, server.url)
    told += child.communicate(timeout=60)[0].splitlines()

    everything = {str(UUID(int=number)) for number in range(1, MESSAGES + 1)}
    assert {int(line) for line in told if line.strip()} <= set(range(1, MESSAGES + 1))
    assert set(server.stored) == everything
    assert sorted(server.seqs.values()) == sorted(everything)
    with Outbox(path) as outbox:
        counts = outbox.counts()
    assert (counts.produced, counts.synced, counts.pending) == (MESSAGES, MESSAGES, 0)
    assert counts.balanced
