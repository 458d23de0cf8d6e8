"""The gateway's routes without a server: `http` and `owners` of a test module that imports them are in memory.

from doors import http, owners

__all__ = ["http", "owners"]
"""

from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import pytest
import pytest_asyncio
from conftest import BASE, ENVIRONMENT, TOKEN, Owners, silent
from openapi_examples import undeclared

from contracts.shared import Actor
from gateway.app import application
from gateway.context import AppContext
from gateway.http.limits.leases import Allowance
from gateway.http.limits.rates import Rate
from gateway.identity.providers.dev import DevProvider
from gateway.settings import Settings
from gateway.streaming.hub import Hub
from kit.memory_bus import memory_bus
from kit.messaging.bus import Bus
from kit.testing import ready_service

SERVERS = {"NATS__URL": "nats://127.0.0.1:1", "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
"""Nobody is there."""


class People:
    """Everybody has an account; 9 is an administrator."""

    async def get_or_create(self, user_id: int, name: str) -> Actor:
        return Actor(id=user_id, username=name, roles=frozenset({"admin"} if user_id == 9 else ()))


class NoLimits:
    async def spend(self, scope: str, key: str, rate: Rate, **_: Any) -> Allowance:
        return Allowance(allowed=True, rate=rate, remaining=rate.limit, reset=3600)


def context_on(bus: Bus, settings: Settings) -> AppContext:
    """What routes need that use the bus only."""
    people = cast("Any", People())
    service = ready_service(bus, settings)
    provider = DevProvider(people, TOKEN, several=True)
    absent = cast("Any", None)
    return AppContext(settings, service, provider, people, cast("Any", NoLimits()), Hub(), absent, absent, None)


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
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**ENVIRONMENT, **SERVERS}.items():
            patch.setenv(name, value)
        settings = Settings()  # type: ignore[call-arg]
    app = application(settings)
    app.state.context = context_on(door_bus, settings)

    async def as_described(response: httpx.Response) -> None:
        await response.aread()
        assert undeclared(app, response) is None, undeclared(app, response)

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=BASE, event_hooks={"response": [as_described]}) as http:
        yield http
