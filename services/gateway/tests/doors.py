"""The gateway's routes without a server: `http` and `owners` of a test module that imports them are in memory.

from doors import http, owners

__all__ = ["http", "owners"]
"""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from conftest import BASE, Owners, silent
from openapi_examples import undeclared

from gateway.testing import application_on
from kit.memory_bus import memory_bus
from kit.messaging.bus import Bus


@pytest_asyncio.fixture(scope="session")
async def door_bus() -> AsyncIterator[Bus]:
    bus = await memory_bus("gateway")
    yield bus
    await bus.nc.close()


@pytest_asyncio.fixture(scope="session")
async def door_owners(door_bus: Bus) -> Owners:
    owners = Owners(door_bus.nc)
    await owners.start()
    return owners


@pytest.fixture
def owners(door_owners: Owners) -> Owners:
    """Silent until told otherwise."""
    return silent(door_owners)


@pytest_asyncio.fixture(scope="session")
async def http(door_bus: Bus) -> AsyncIterator[httpx.AsyncClient]:
    """Without credentials. Every answer has to be one that its route declares."""
    app = application_on(door_bus)

    async def as_described(response: httpx.Response) -> None:
        await response.aread()
        assert undeclared(app, response) is None, undeclared(app, response)

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=BASE, event_hooks={"response": [as_described]}) as http:
        yield http
