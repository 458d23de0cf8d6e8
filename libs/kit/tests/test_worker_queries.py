"""Queries that need what only workers have: the service passes them on."""

import asyncio
import time
from collections.abc import Callable

import pytest
from toy import CountItems, Melt

from contracts.shared import Actor
from kit.errors import NotFound, Unavailable
from kit.testing import MAPPER, STRANGER, Caller, eventually

pytestmark = pytest.mark.live
LIMIT = 60.0


async def melted(caller: Caller, actor: Actor = MAPPER) -> dict | None:
    """Returns the answer, None without a worker."""
    try:
        return await caller.ask(Melt(text="ice"), actor)
    except Unavailable as refusal:
        if refusal.code != "no_worker":
            raise
        return None


async def test_without_a_worker_the_caller_is_told_at_once(running, caller: Caller):
    started = time.monotonic()
    assert await melted(caller) is None
    assert time.monotonic() - started < 1


async def test_workers_answer_and_services_do_not(running, caller: Caller, spawn: Callable):
    worker = spawn("worker")
    answer = await eventually(lambda: melted(caller), LIMIT)
    assert answer == {"text": "ice", "by": MAPPER.id, "pid": worker.pid}
    at_once = await asyncio.gather(*(caller.ask(Melt(text=f"{n}"), STRANGER) for n in range(20)))
    assert [one["text"] for one in at_once] == [f"{n}" for n in range(20)]
    assert {(one["by"], one["pid"]) for one in at_once} == {(STRANGER.id, worker.pid)}
    with pytest.raises(NotFound, match="nothing to melt"):
        await caller.ask(Melt(text=""))
    with pytest.raises(NotFound):
        await caller.ask(CountItems(name="what only the service answers"))


async def test_the_reason_is_there_before_the_caller_gives_up(running, caller: Caller, spawn: Callable):
    spawn("worker")
    await eventually(lambda: melted(caller), LIMIT)
    with pytest.raises(Unavailable) as refusal:
        await caller.bus.ask(Melt(text="ice", seconds=30), MAPPER, 1.0)
    assert refusal.value.code == "too_slow"


async def test_a_worker_that_ends_finishes_its_answers(running, caller: Caller, spawn: Callable):
    worker = spawn("worker")
    await eventually(lambda: melted(caller), LIMIT)
    asking = asyncio.create_task(caller.ask(Melt(text="ice", seconds=1.0)))
    await asyncio.sleep(0.5)
    worker.terminate()
    assert (await asking)["pid"] == worker.pid
    assert await asyncio.to_thread(worker.wait, LIMIT) == 0
