"""A fault under load: what runs it, and what must hold afterwards."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest
import pytest_asyncio

from stack.bench.system import RATES
from stack.platform import run
from stack.platform.settings import ROOMS
from tests.e2e import invariants
from tests.e2e.conftest import Platform
from tests.e2e.faults import Supervisor, background, until
from tests.e2e.load import Load, capacity, good_again

GOOD_AGAIN = 10.0
"""Seconds after the end of a fault until every kind of write must be good again."""
CONVERGE = 30.0
TRIES = 3
HALF = 0.5
STEADY = 0.8
"""Share of its speed that the machine must still have for a failure to count."""
BLOCK = bytes(1 << 20)
Fault = Callable[[Load], Awaitable[object]]
UnderLoad = Callable[..., Awaitable[Load]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def supervisor(platform: Platform) -> AsyncIterator[Supervisor]:
    """With limits on requests out of the way."""
    daemons = {room: run.service(platform.home, platform.env, room) for room in ROOMS}
    daemons["gateway"].env = {**daemons["gateway"].env, **dict.fromkeys(RATES, "1000000000/m")}
    await asyncio.to_thread(daemons["gateway"].stop)
    await asyncio.to_thread(daemons["gateway"].start)
    invariants.known_base_model(platform)
    found = Supervisor(platform.home, platform.env, daemons)
    async with background(found.run()):
        yield found


@dataclass(frozen=True)
class Machine:
    """What it did when it was asked: MiB hashed in a second, and areas a second that the platform carried."""

    hashed: int
    carried: float


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def measured(platform: Platform, supervisor: Supervisor) -> list[Machine]:
    """The last one counts."""
    return [await _measured(platform)]


async def _measured(platform: Platform) -> Machine:
    hashed = await asyncio.to_thread(_hashed_in_a_second)
    return Machine(hashed, await capacity(platform.url, platform.token))


@pytest.fixture
def under_load(platform: Platform, measured: list[Machine]) -> UnderLoad:
    """Runs a fault under half of the load that the machine carries, and checks what must hold afterwards. Where it
    does not hold and the machine, busy with other things, is slower by now, it is measured again and the fault tried
    once more. Its speed is that of a hash: what the platform carries would also fall when the platform is what is
    broken."""

    async def run(fault: Fault, share: float = HALF) -> Load:
        for last in (False,) * (TRIES - 1) + (True,):
            machine = measured[-1]
            try:
                return await _survived(platform, fault, machine.carried * share)
            except AssertionError as error:
                now = await asyncio.to_thread(_hashed_in_a_second)
                if last or now > STEADY * machine.hashed:
                    raise
                print(f"the machine hashed {machine.hashed} MiB a second, now {now}: {error}")
                measured.append(await _measured(platform))
        raise AssertionError

    return run


def _hashed_in_a_second() -> int:
    """MiB."""
    end, done = time.monotonic() + 1.0, 0
    while time.monotonic() < end:
        hashlib.sha256(BLOCK).digest()
        done += 1
    return done


async def _survived(platform: Platform, fault: Fault, rate: float) -> Load:
    """No row is lost or doubled, nothing waits, and no dead letter has come but the malformed messages."""
    letters, event = await asyncio.to_thread(invariants.dead_letters, platform), await invariants.last_event(platform)
    load = Load(platform.url, platform.token, rate)
    clients = asyncio.create_task(load.run())
    try:
        await good_again(load, time.monotonic(), GOOD_AGAIN)
        told = await fault(load)
        load.stopped = True
        await asyncio.wait_for(clients, 60)
    finally:
        clients.cancel()
    print(f"{rate:.0f} areas a second, {len(load.writes)} writes, {len(load.requests)} requests, {told or ''}")
    await until(lambda: not invariants.backlog(platform, load), CONVERGE, lambda: invariants.backlog(platform, load))
    await invariants.check(platform, load, event)
    expected = letters + load.malformed
    await until(lambda: invariants.dead_letters(platform) == expected, CONVERGE,
                lambda: invariants.dead_letters(platform) - letters)  # fmt: skip
    return load
