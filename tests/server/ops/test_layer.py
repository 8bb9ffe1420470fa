"""What is sent to a group reaches its channels, whichever of the two layers carries it."""

import asyncio

import psycopg
import pytest
from channels.layers import ChannelLayerManager
from django.db import connection

from waw_server.ops import layer as it
from waw_server.settings import _channel_layer

SOON_S = 10.0
QUIET_S = 0.3
NEWS = {"type": "look.again"}


@pytest.fixture(params=["postgresql", "redis"])
def made(request, settings, transactional_db):
    """Return a function that makes another layer of the settings, as another process has it."""
    url = request.getfixturevalue("redis_url") if request.param == "redis" else ""
    settings.CHANNEL_LAYERS = {"default": _channel_layer(url)}
    return lambda: ChannelLayerManager().make_backend("default")


@pytest.fixture
def quick(monkeypatch):
    """Have a lost connection made anew at once."""
    monkeypatch.setattr(it, "RECONNECT_S", 0.05)


async def _joined(layer, group):
    channel = await layer.new_channel()
    await layer.group_add(group, channel)
    return channel


async def _heard(layer, channel, within_s=SOON_S):
    return await asyncio.wait_for(layer.receive(channel), within_s)


async def _is_quiet(layer, channel):
    with pytest.raises(TimeoutError):
        await _heard(layer, channel, QUIET_S)
    return True


async def _passed(send, layer, channel):
    """Send until it is heard: a listener that is coming back may miss the first."""
    for _ in range(50):
        await send()
        try:
            return await _heard(layer, channel, 0.2)
        except TimeoutError:
            layer._queues.setdefault(channel, asyncio.Queue())
    raise AssertionError


def test_it_reaches_every_channel_of_the_group_and_no_other(made):
    async def run():
        sender, one, two = made(), made(), made()
        members = [await _joined(one, "alice"), await _joined(one, "alice")]
        elsewhere, other = await _joined(two, "alice"), await _joined(two, "bob")
        await sender.group_send("alice", NEWS)

        heard = [await _heard(one, channel) for channel in members]
        assert [*heard, await _heard(two, elsewhere)] == [NEWS] * 3
        assert await _is_quiet(two, other)
        for layer in (sender, one, two):
            await layer.flush()

    asyncio.run(run())


def test_who_left_hears_nothing_more(made):
    async def run():
        layer = made()
        gone, here = await _joined(layer, "alice"), await _joined(layer, "alice")
        await layer.group_discard("alice", gone)
        await layer.group_discard("nobody", gone)
        await layer.group_send("alice", NEWS)

        assert await _heard(layer, here) == NEWS
        assert await _is_quiet(layer, gone)
        await layer.group_discard("alice", here)
        await layer.flush()

    asyncio.run(run())


def test_a_channel_that_no_longer_waits_is_forgotten(made):
    """The others of its group are served all the same."""

    async def run():
        layer = made()
        gone, here = await _joined(layer, "alice"), await _joined(layer, "alice")
        assert await _is_quiet(layer, gone)  # by being cancelled
        await layer.group_send("alice", NEWS)

        assert await _heard(layer, here) == NEWS
        await layer.flush()

    asyncio.run(run())


def test_it_may_be_used_again_after_a_flush(made):
    async def run():
        layer = made()
        await _joined(layer, "alice")
        await layer.flush()
        channel = await _joined(layer, "alice")
        await layer.group_send("alice", NEWS)

        assert await _heard(layer, channel) == NEWS
        await layer.flush()

    asyncio.run(run())


_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE query LIKE %s AND datname = current_database()
"""


async def _ran(sql, *values):
    """Run a statement on a connection of its own, and return how many rows it gave."""

    def run():
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, values)
                return len(cursor.fetchall())
        finally:
            connection.close()

    return await asyncio.to_thread(run)


async def _cut(statement):
    """End the connections that ran a statement last, as a restart of the database would."""
    return await _ran(_OTHERS, f"{statement}%")


@pytest.mark.usefixtures("transactional_db", "quick")
def test_a_listener_that_was_cut_off_comes_back(caplog):
    async def run():
        layer = it.PostgresLayer()
        channel = await _joined(layer, "alice")
        assert await _cut("LISTEN") == 1

        assert await _passed(lambda: layer.group_send("alice", NEWS), layer, channel) == NEWS
        await layer.flush()

    asyncio.run(run())
    assert "no live updates for now" in caplog.text


@pytest.mark.usefixtures("transactional_db")
def test_a_sender_that_was_cut_off_says_so_and_comes_back():
    async def run():
        layer = it.PostgresLayer()
        channel = await _joined(layer, "alice")
        await layer.group_send("alice", NEWS)
        assert await _cut("SELECT pg_notify") == 1
        with pytest.raises(psycopg.OperationalError):
            await layer.group_send("alice", NEWS)
        await layer.group_send("alice", NEWS)

        assert [await _heard(layer, channel), await _heard(layer, channel)] == [NEWS, NEWS]
        await layer.flush()

    asyncio.run(run())


@pytest.mark.usefixtures("transactional_db", "quick")
def test_what_another_program_says_there_harms_nothing(caplog):
    async def run():
        layer = it.PostgresLayer()
        channel = await _joined(layer, "alice")
        await _ran("SELECT pg_notify(%s, 'nonsense')", it.CHANNEL)

        assert await _passed(lambda: layer.group_send("alice", NEWS), layer, channel) == NEWS
        await layer.flush()

    asyncio.run(run())
