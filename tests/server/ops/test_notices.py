"""Notices: off the request, at most one a pause for each person, and the last one always."""

import asyncio
import shutil
import subprocess
import time
from uuid import UUID

import pytest
from channels.layers import ChannelLayerManager
from django.db import connection, transaction

from tests.server.sockets import recorded
from waw_server.ops import notices
from waw_server.ops.database import free_port
from waw_server.settings import _channel_layer

PAUSE_S = 0.3
ALICE, BOB = "person.a", "person.b"


@pytest.fixture
def announcer(settings, transactional_db):
    """Return an announcer with a short pause."""
    settings.CHANNEL_LAYERS = {"default": _channel_layer("")}
    it = notices.Announcer(PAUSE_S)
    yield it
    it.close()


def heard(doing, *, for_s, groups=(ALICE,)):
    """Return when each of the groups was told, in seconds since `doing` began."""

    def do():
        try:
            doing()
        finally:
            connection.close()  # of this thread

    async def listen():
        layer = ChannelLayerManager().make_backend("default")
        found = []

        async def gather(group):
            channel = await layer.new_channel()
            await layer.group_add(group, channel)
            while True:
                assert await layer.receive(channel) == notices.LOOK_AGAIN
                found.append((group, time.monotonic() - began_s))

        began_s = time.monotonic()
        tasks = [asyncio.create_task(gather(group)) for group in groups]
        await asyncio.sleep(0.5)  # until they listen
        began_s = time.monotonic()
        await asyncio.to_thread(do)
        await asyncio.sleep(for_s)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await layer.flush()
        return found

    return asyncio.run(listen())


def test_one_is_sent_at_once(announcer):
    ((_, at_s),) = heard(lambda: announcer.tell(ALICE), for_s=1)

    assert at_s < PAUSE_S


def test_many_become_two_with_a_pause_between(announcer):
    """The first, and one that stands for all the rest: the last state is not lost."""

    def tell():
        announcer.tell(ALICE)
        while announcer._again[ALICE]:
            time.sleep(0.01)  # until it is on its way
        for _ in range(1000):
            announcer.tell(ALICE)

    found = [at_s for _, at_s in heard(tell, for_s=4 * PAUSE_S)]

    assert len(found) == 2
    assert found[1] - found[0] >= 0.9 * PAUSE_S


def test_one_after_the_pause_is_sent_at_once(announcer):
    def tell():
        announcer.tell(ALICE)
        time.sleep(2 * PAUSE_S)
        announcer.tell(ALICE)

    (_, (_, at_s)) = heard(tell, for_s=1)

    assert 2 * PAUSE_S <= at_s < 3 * PAUSE_S


def test_nobody_waits_for_anybody_else(announcer):
    def tell():
        announcer.tell(ALICE)
        announcer.tell(BOB)

    found = heard(tell, for_s=1, groups=(ALICE, BOB))

    assert {group for group, _ in found} == {ALICE, BOB}
    assert all(at_s < PAUSE_S for _, at_s in found)


def test_the_thread_is_woken_only_for_news(monkeypatch):
    """A request that has it woken pays for its turn: a fifth of what a message costs."""
    announcer = notices.Announcer(pause_s=60)
    woken: list[str] = []
    announcer.tell(ALICE)
    monkeypatch.setattr(announcer, "_hear", woken.append)
    for _ in range(1000):
        announcer.tell(ALICE)
    announcer.tell(BOB)
    announcer.close()

    assert woken == [BOB]


def test_closing_it_twice_and_telling_again(announcer):
    announcer.tell(ALICE)
    announcer.close()
    announcer.close()

    assert len(heard(lambda: announcer.tell(ALICE), for_s=1)) == 1


def test_what_could_not_be_sent_is_sent_later(settings, tmp_path, caplog):
    """Redis is not there yet; this is said once, however often it is tried."""
    port = free_port(0)
    settings.CHANNEL_LAYERS = {"default": _channel_layer(f"redis://127.0.0.1:{port}/0")}
    announcer = notices.Announcer(pause_s=3)
    announcer.tell(ALICE)
    announcer.tell(BOB)
    time.sleep(0.5)
    program = shutil.which("redis-server")
    assert program, "redis-server is missing: apt-get install redis-server"
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with subprocess.Popen([program, *options], cwd=tmp_path, stdout=subprocess.DEVNULL) as redis:
        time.sleep(0.5)
        found = heard(lambda: None, for_s=4, groups=(ALICE, BOB))
        announcer.close()
        redis.terminate()

    assert {group for group, _ in found} == {ALICE, BOB}
    assert caplog.text.count("no notices for now") == 1


@pytest.mark.usefixtures("transactional_db")
def test_a_message_is_announced_once_it_is_stored(alice):
    """After commit, and not at all if there is none."""
    group = notices.group_of(alice.pk)

    def in_a_transaction():
        with transaction.atomic():
            recorded(alice, 1)
            time.sleep(0.5)

    def taken_back():
        with transaction.atomic():
            recorded(alice, 2)
            transaction.set_rollback(True)

    ((_, at_s),) = heard(in_a_transaction, for_s=0.5, groups=(group,))
    assert at_s >= 0.5
    assert heard(taken_back, for_s=1.5, groups=(group,)) == []


def test_a_group_is_a_person():
    assert notices.group_of(UUID(int=10)) == "person.0000000000000000000000000000000a"
