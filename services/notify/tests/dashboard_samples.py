"""Dashboards as tests send them."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import orjson
import pytest_asyncio
from sqlalchemy import text

from contracts.notify import dashboards as c
from contracts.shared import Actor
from contracts.verdict import Accepted, Refused
from kit.app import Service
from kit.testing import Caller

OPERATOR = Actor(id=1, username="operator", roles=frozenset({"admin"}))
ANYBODY = Actor(id=0, roles=frozenset({"anonymous"}))
LAYOUT = {"i": "a", "x": 0, "y": 0, "w": 1, "h": 1}
CHANNEL = {
    "backend": "training", "name": "7/loss", "seriesId": "1", "source": "training", "type": "f64", "shape": [],
    "unit": "", "description": "",
}  # fmt: skip


def dto(*widgets: Any) -> dict[str, Any]:
    return {"dashboard": {"widgets": list(widgets)}}


def widget(**more: Any) -> dict[str, Any]:
    return {"channels": [CHANNEL], "layout": LAYOUT, **more}


def content(value: Any = None) -> str:
    return orjson.dumps(dto() if value is None else value).decode()


def sized(size: int) -> str:
    """A valid dashboard of so many bytes."""
    empty = content(dto({"channels": [], "layout": {**LAYOUT, "i": ""}}))
    return empty.replace('"i":""', f'"i":"{"x" * (size - len(empty))}"')


class Dashboards:
    """Writes and reads as the gateway does."""

    def __init__(self, service: Service, caller: Caller) -> None:
        self.service, self.caller = service, caller

    async def create(self, body: str | None = None, actor: Actor = ANYBODY, **more: Any) -> str:
        name = str(uuid4())
        command = c.CreateDashboard(dashboard_id=name, content=body or content(), **more)
        verdict = await self.caller.send(command, actor)
        assert isinstance(verdict, Accepted), verdict
        return name

    async def send(self, command: Any, actor: Actor = ANYBODY) -> Any:
        """The result, or what was refused."""
        verdict = await self.caller.send(command, actor)
        return verdict if isinstance(verdict, Refused) else verdict.result

    async def replace(self, name: str, body: str | None = None, actor: Actor = ANYBODY, **more: Any) -> Any:
        command = c.ReplaceDashboard(dashboard_id=name, content=body or content(), **more)
        return await self.send(command, actor)

    async def flag(self, name: str, **flags: bool) -> Any:
        return await self.send(c.SetFlags(dashboard_id=name, **flags), OPERATOR)

    async def get(self, name: str, actor: Actor = ANYBODY) -> Any:
        return await self.caller.ask(c.GetDashboard(dashboard_id=name), actor)

    async def ids(self) -> list[str]:
        """Those that are there, the one that was read last at the end."""
        rows = await self.sql("select id from dashboards.dashboard where deleted_at is null order by last_access, id")
        return [row[0] for row in rows]

    async def sql(self, statement: str, **values: Any) -> list[Any]:
        async with self.service.db.engine.begin() as connection:
            result = await connection.execute(text(statement), values)
            return list(result.all()) if result.returns_rows else []

    async def empty(self) -> None:
        await self.sql("truncate dashboards.dashboard, dashboards.version, dashboards.permission, dashboards.link")


@pytest_asyncio.fixture
async def boards(running, caller) -> AsyncIterator[Dashboards]:
    """An empty store."""
    found = Dashboards(running, caller)
    await found.empty()
    yield found
    await found.empty()
