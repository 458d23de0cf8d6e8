"""/livez, /readyz and /api/v1/health/ of a gateway on real servers, each of which is taken away in turn."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import httpx
import pytest
import pytest_asyncio

from kit.testing import eventually
from stack import up
from stack.line import Line, line_to

pytestmark = pytest.mark.live
LINES = {
    "bus": "NATS__URL", "postgresql": "DATABASE_URL", "s3": "AWS_ENDPOINT_URL", "stac_api": "FAIR_STAC_API_URL",
    "zenml": "FAIR_ZENML_STORE_URL",
}  # fmt: skip
NEEDED = {"bus": ("bus", "message bus"), "postgresql": ("database", "database")}
"""Without these nothing can be served: the key at /readyz, and a word of the reason."""


@dataclass
class Place:
    """One gateway and the lines to all that it stands on."""

    http: httpx.AsyncClient
    public: str
    internal: str
    lines: dict[str, Line]

    async def health(self) -> dict:
        answer = await self.http.get(f"{self.public}/api/v1/health/")
        assert answer.status_code == 200, "whatever is away"
        return answer.json()

    async def ready(self) -> tuple[int, dict]:
        assert (await self.http.get(f"{self.internal}/livez")).status_code == 200, "whatever is away"
        answer = await self.http.get(f"{self.internal}/readyz")
        return answer.status_code, answer.json()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def place(start, settings, nats_url, database_url) -> AsyncIterator[Place]:
    env = await asyncio.to_thread(up, {"s3", "stac", "zenml"})
    env |= {"NATS__URL": nats_url, "DATABASE_URL": database_url}
    async with AsyncExitStack() as stack:
        lines = {name: await stack.enter_async_context(line_to(env[variable])) for name, variable in LINES.items()}
        given = env | {LINES[name]: line.url for name, line in lines.items()} | {"HEALTH_PROBE_TIMEOUT": "5"}
        public, internal = await _started(start(**given), stack)
        http = await stack.enter_async_context(httpx.AsyncClient(trust_env=False, timeout=20))
        await eventually(lambda: _answers(http, internal), 60)
        yield Place(http, public, internal, lines)


async def _started(process, stack: AsyncExitStack) -> tuple[str, str]:
    """It ends in a thread too: the lines it says goodbye on are ours to carry."""
    public, internal, _ = await asyncio.to_thread(process.__enter__)
    stack.push_async_callback(asyncio.to_thread, process.__exit__, None, None, None)
    return public, internal


async def _answers(http: httpx.AsyncClient, internal: str) -> bool:
    try:
        return (await http.get(f"{internal}/readyz")).status_code == 200
    except httpx.TransportError:
        return False


def up_of(body: dict) -> dict[str, bool]:
    """The plain keys; which collections there are is the catalogue's matter."""
    return {name: value for name, value in body.items() if isinstance(value, bool)}


async def test_all_is_well(place: Place):
    assert up_of(await place.health()) == {"bus": True, "postgresql": True, "s3": True, "stac_api": True, "zenml": True}
    assert await place.ready() == (200, {"consuming": True, "bus": True, "database": True, "reasons": []})


@pytest.mark.spec("16", "health always 200")
@pytest.mark.parametrize("away", LINES)
async def test_what_is_away_is_named_and_missed_only_where_it_is_needed(place: Place, away: str):
    await place.lines[away].cut()
    try:
        body = await _eventually_false(place, away)
        assert all(value for name, value in up_of(body).items() if name != away)
        status, checks = await place.ready()
        assert status == (503 if away in NEEDED else 200)
        assert_reason(checks, away, place)
    finally:
        await place.lines[away].open()
    await eventually(lambda: _well(place), 30)


async def _eventually_false(place: Place, away: str) -> dict:
    async def seen() -> dict | None:
        body = await place.health()
        gone = not body[away] if away in body else (await place.ready())[0] == 503
        return body if gone else None

    return await eventually(seen)


def assert_reason(checks: dict, away: str, place: Place) -> None:
    if away not in NEEDED:
        return
    key, word = NEEDED[away]
    assert [name for name, value in checks.items() if value is False] == [key]
    (reason,) = checks["reasons"]
    assert word in reason
    assert f"127.0.0.1:{place.lines[away].port}" in reason
    assert "@" not in reason, "no credentials"


async def _well(place: Place) -> bool:
    return all(up_of(await place.health()).values()) and (await place.ready())[0] == 200
