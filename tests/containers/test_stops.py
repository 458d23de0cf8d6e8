"""A service that is stopped, or killed, with commands in work: each has one verdict in the end."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import pytest

from kit.testing import ADMIN, Caller, eventually, example
from tests.chart.rendering import ROOMS, WORKERS
from tests.containers.conftest import Remote
from tests.containers.pods import STOP, Pod
from tests.contracts.rooms import services

pytestmark = [pytest.mark.live, pytest.mark.timeout(1800)]
COMMANDS = 60
START_CPU = 4.0
"""Seconds of CPU from start to readiness of one process: on a machine that does nothing else it is ready so soon."""
JUDGED = "select count(*), count(distinct message_id) from inbox where message_id = any(%s)"


@pytest.mark.parametrize("room", ROOMS)
async def test_sigterm_is_orderly(
    pods: dict[str, Pod], remote: dict[str, Remote], caller: Caller, room: str
) -> None:  # fmt: skip
    code = await _interrupted(pods[room], remote[room], caller, lambda pod: asyncio.to_thread(pod.end))
    assert code == 0, pods[room].log()[-2000:]


@pytest.mark.parametrize("room", WORKERS)
async def test_a_worker_ends_and_starts_in_order(pods: dict[str, Pod], room: str) -> None:
    worker = pods[f"{room}-worker"]
    assert await asyncio.to_thread(worker.end) == 0, worker.log()[-2000:]
    seconds = await asyncio.to_thread(worker.again)
    print(f"{room}-worker: ready after {seconds:.1f} s")


@pytest.mark.parametrize("room", ROOMS)
async def test_it_is_ready_soon(pods: dict[str, Pod], room: str) -> None:
    pod = pods[room]
    await asyncio.to_thread(pod.end)
    seconds = await asyncio.to_thread(pod.again)
    print(f"{room}: ready after {seconds:.1f} s, {pod.cpu_seconds:.1f} s of CPU")
    workers = int(pod.environment.get("GATEWAY_WORKERS", "1"))
    assert pod.cpu_seconds <= START_CPU * (workers + (workers > 1)), "with the process that starts them"


@pytest.mark.parametrize("room", ROOMS)
async def test_a_kill_loses_nothing(
    pods: dict[str, Pod], remote: dict[str, Remote], caller: Caller, room: str
) -> None:  # fmt: skip
    await _interrupted(pods[room], remote[room], caller, lambda pod: asyncio.to_thread(pod.kill))


async def _interrupted(pod: Pod, remote: Remote, caller: Caller, end: Callable[[Pod], Awaitable[int]]) -> int:
    """Ends the pod while commands are on their way, starts it again. Returns its exit code."""
    commands = [route.message for route in services()[pod.room].routes if route.group == "commands"]
    command, ids = example(min(commands, key=lambda one: one.ce_type())), [uuid4() for _ in range(COMMANDS)]
    sending = asyncio.gather(*(caller.bus.send(command, ADMIN, one, wait=STOP) for one in ids))
    await eventually(lambda: _judged(remote, ids, 1))
    async with asyncio.timeout(STOP):
        code = await end(pod)
    await asyncio.to_thread(pod.again)
    await sending
    await eventually(lambda: _judged(remote, ids, COMMANDS), 60)
    return code


async def _judged(remote: Remote, ids: list[UUID], least: int) -> bool:
    """Whether so many have a verdict; AssertionError when one has two."""
    async with remote.db.raw() as connection:
        rows, distinct = await (await connection.execute(JUDGED, (ids,))).fetchone() or (0, 0)
    assert rows == distinct
    return distinct >= least
