"""The gateway's routes before the running service: a client over ASGI, without a server of HTTP."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest_asyncio

from gateway.testing import application_on, person
from kit.testing import Caller


def as_user(number: int) -> dict[str, str]:
    """Headers of a person with this id; 9 is an administrator."""
    return person(number, "person")


@pytest_asyncio.fixture(scope="session")
async def http(running, caller: Caller) -> AsyncIterator[httpx.AsyncClient]:
    """Without credentials."""
    transport = httpx.ASGITransport(application_on(caller.bus))
    async with httpx.AsyncClient(transport=transport, base_url="https://fair.example/api/v1") as client:
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
