"""A service that is stopped, or killed, with commands in work: each has one verdict in the end."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID, uuid4

import pytest

from kit.testing import ADMIN, Caller, eventually, example
from tests.chart.rendering import ROOMS
from tests.containers.conftest import Remote
from tests.containers.pods import STOP, Pod
from tests.contracts.rooms import services

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]
COMMANDS = 60
JUDGED = "select count(*), count(distinct message_id) from inbox where message_id = any(%s)"


@pytest.mark.parametrize("room", ROOMS)
async def test_sigterm_is_orderly(
    pods: dict[str, Pod], remote: dict[str, Remote], caller: Caller, room: str
) -> None:  # fmt: skip
    code = await _interrupted(pods[room], remote[room], caller, lambda pod: asyncio.to_thread(pod.end))
    assert code == 0, pods[room].log()[-2000:]


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
