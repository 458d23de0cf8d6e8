"""The gateway's routes before the running service: a client over ASGI, without a server of HTTP."""

from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import pytest
import pytest_asyncio

from contracts.shared import Actor
from gateway.app import application
from gateway.context import AppContext
from gateway.http.limits.leases import Allowance
from gateway.identity.providers.dev import DevProvider
from gateway.settings import Settings
from gateway.streaming.hub import Hub
from kit.testing import Caller, ready_service

TOKEN = "a-token-for-tests"
ENVIRONMENT = {
    "DEBUG": "true", "SECRET_KEY": "x" * 40, "FRONTEND_URL": "https://map.example/", "AUTH_PROVIDER": "dev",
    "API_BASE_URL": "https://fair.example/api/v1/", "FAIR_DEV_TOKEN": TOKEN,
    "NATS__URL": "nats://127.0.0.1:1", "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
}  # fmt: skip


class People:
    async def get_or_create(self, user_id: int, name: str) -> Actor:
        return Actor(id=user_id, username=name, roles=frozenset({"admin"} if user_id == 9 else ()))


class NoLimits:
    async def spend(self, scope: str, key: str, rate: Any, **_: Any) -> Allowance:
        return Allowance(allowed=True, rate=rate, remaining=rate.limit, reset=3600)


def as_user(number: int) -> dict[str, str]:
    """Headers of a person with this id; 9 is an administrator."""
    return {"authorization": f"Bearer {TOKEN}", "x-dev-user": f"{number}:person"}


@pytest_asyncio.fixture(scope="session")
async def http(running, caller: Caller) -> AsyncIterator[httpx.AsyncClient]:
    """Without credentials."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        settings = Settings()  # type: ignore[call-arg]
    app, people, absent = application(settings), cast("Any", People()), cast("Any", None)
    service = ready_service(caller.bus, settings)
    provider = DevProvider(people, TOKEN, several=True)
    app.state.context = AppContext(
        settings, service, provider, people, cast("Any", NoLimits()), Hub(), absent, absent, None
    )
    base = "https://fair.example/api/v1"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base) as client:
        yield client


async def post(http: httpx.AsyncClient, name: str, values: list[tuple], **more: Any) -> None:
    """Records samples, given as time, value and perhaps pulse id, of one channel."""
    keys = ("ts", "value", "pulse_id")
    samples = [{"name": name, **dict(zip(keys, sample, strict=False)), **more} for sample in values]
    answer = await http.post("/maintenance/channels/samples", json={"samples": samples}, headers=as_user(9))
    assert answer.status_code == 200, answer.text


async def curve(http: httpx.AsyncClient, name: str, begin: int, end: int, **more: Any) -> dict[str, Any]:
    """Times in milliseconds. Returns the maps without the name of the channel before them."""
    options = {"channel_name": name, "begin_time": begin, "end_time": end, **more}
    answer = await http.get("/channels/curve", params=options)
    assert answer.status_code == 200, answer.text
    assert answer.json().keys() == {"curve"}
    return {key.removeprefix(name): value for key, value in answer.json()["curve"].items()}
