"""Short commands when their owner or their sender dies, or the line between them: nothing is lost, nothing happens
twice. The toy runs as a process of its own, behind a line of its own, or not at all."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
import sender
from direct import in_stream, once, send_all, unique
from pydantic import SecretStr
from toy import GetCommand, Pin, build

from kit.app import Service
from kit.errors import NotFound, Unavailable
from kit.messaging.batching import short_commands
from kit.testing import MAPPER, Caller, eventually, provisioned
from stack.line import Line, line_to

pytestmark = pytest.mark.live


@pytest.fixture(autouse=True)
async def _provision(settings, schema, caller: Caller):
    caller.bus.short._silent_until.clear()
    await provisioned(build(settings))


async def test_absent_owner_finds_the_command_in_the_stream(caller: Caller, spawn, sql):
    name, key, started = unique(), uuid4(), time.monotonic()
    assert await caller.bus.send(Pin(name=name), MAPPER, key, wait=0.5) is None
    assert time.monotonic() - started < 0.8, "the server says at once that nobody is there"
    assert await in_stream(caller, key)
    spawn()
    await once(sql, name)


@pytest.mark.parametrize("point", ["settle.handled", "settle.committed", "direct.judged"])
async def test_owner_dies_at_its_worst_moments(caller: Caller, spawn, sql, point: str):
    """Before the commit of a batch, after it, and before the verdicts are sent."""
    process, names = spawn(failpoints=point), [unique() for _ in range(8)]
    await answers(caller)
    sending = asyncio.ensure_future(send_all(caller, *(Pin(name=name) for name in names), wait=18))
    assert await asyncio.wait_for(asyncio.to_thread(process.wait), 20) == -9
    spawn()
    assert [one.status for one in await sending] == ["accepted"] * 8
    for name in names:
        await once(sql, name)


async def answers(caller: Caller) -> None:
    """Returns when the owner takes queries, which it does last."""
    await eventually(lambda: _is_asked(caller), 30)


async def _is_asked(caller: Caller) -> bool:
    try:
        await caller.bus.ask(GetCommand(command_id=str(uuid4())), MAPPER, 0.5)
    except NotFound:
        return True
    except Unavailable:
        return False
    raise AssertionError("nobody sent that command")


@pytest.mark.parametrize("point", ["bus.falls_back", "bus.published"])
async def test_sender_dies_before_and_after_it_falls_back(caller: Caller, spawn, sql, nats_url, point: str):
    """Its client repeats the request: the same id."""
    name, key = unique(), uuid4()
    died = await asyncio.to_thread(send_and_die, nats_url, key, name, point)
    assert (died, await in_stream(caller, key)) == (-9, point == "bus.published")
    repeating = asyncio.ensure_future(caller.bus.send(Pin(name=name), MAPPER, key, wait=15))
    spawn()
    assert (await repeating).status == "accepted"
    await once(sql, name)


async def test_sender_dies_before_it_hears_the_verdict(caller: Caller, spawn, sql, nats_url):
    name, key = unique(), uuid4()
    spawn()
    await answers(caller)
    assert await asyncio.to_thread(send_and_die, nats_url, key, name, "bus.answered_directly") == -9
    repeated = await caller.bus.send(Pin(name=name), MAPPER, key)
    assert (repeated.status, repeated.replayed) == ("accepted", True)
    await once(sql, name)


def send_and_die(nats_url: str, key: UUID, name: str, point: str) -> int:
    argv = [sys.executable, str(Path(sender.__file__)), nats_url, str(key), name]
    return subprocess.run(argv, env={**os.environ, "FAIRWAY_FAILPOINTS": point}, timeout=30, check=False).returncode


@pytest_asyncio.fixture
async def line(nats_url: str) -> AsyncIterator[Line]:
    async with line_to(nats_url) as line:
        yield line


@pytest_asyncio.fixture
async def behind(line: Line, settings, schema) -> AsyncIterator[Service]:
    """The toy, which reaches the bus over a line of its own."""
    service = build(settings.model_copy(update={"nats_url": SecretStr(line.url)}))
    await provisioned(build(settings))
    task = asyncio.create_task(service.run())
    await eventually(lambda: service.ready)
    yield service
    service.end()
    await asyncio.wait_for(task, 40)


async def test_a_partition_between_sender_and_owner(behind: Service, line: Line, caller: Caller, sql):
    """The server believes in its line to the owner: nobody is told that the command went into the void."""
    name, key, started = unique(), uuid4(), time.monotonic()
    line.hang()
    assert await caller.bus.send(Pin(name=name), MAPPER, key) is None
    assert await in_stream(caller, key)
    assert time.monotonic() - started < 3
    second, started = unique(), time.monotonic()
    assert await caller.bus.send(Pin(name=second), MAPPER, wait=0.5) is None
    assert time.monotonic() - started < 0.8, "while it is silent the next ones take the stream at once"
    for one in (name, second):
        await once(sql, one)


async def test_silence_ends(behind: Service, caller: Caller, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(short_commands, "DIRECT_WAIT", 0.1)
    monkeypatch.setattr(short_commands, "SILENCE", 0.2)
    await caller.bus.send(Pin(name=unique(), how="slow"), MAPPER)
    assert caller.bus.short._silent_until["toy"] > time.monotonic() - 1
    await asyncio.sleep(0.2)
    key = uuid4()
    await caller.bus.send(Pin(name=unique()), MAPPER, key)
    assert not await in_stream(caller, key)
