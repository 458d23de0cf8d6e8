"""The real gateway on a throw-away NATS and database, asked over HTTP; small responders stand for other services."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import nats
import psycopg
import pytest
import pytest_asyncio

from contracts import headers as h
from contracts.base import Command, Query
from contracts.verdict import Accepted, Refused
from gateway.main import build
from gateway.settings import Settings
from kit.testing import Room, caller, database_url, free_port, nats_url, postgres_url, running, settings

__all__ = ["caller", "database_url", "nats_url", "postgres_url", "running", "settings"]
TOKEN = "a-token-for-tests"
PORT = free_port()
BASE = f"http://127.0.0.1:{PORT}"
ENVIRONMENT = {
    "DEBUG": "true", "SECRET_KEY": "x" * 40, "FRONTEND_URL": "https://map.example/", "AUTH_PROVIDER": "dev",
    "API_BASE_URL": "https://fair.example/api/v1/", "FAIR_DEV_TOKEN": TOKEN, "PUBLIC__PORT": str(PORT),
    "HTTP__PORT": str(free_port()), "USER_RATE_LIMIT": "1000000/h", "ANON_RATE_LIMIT": "1000000/h",
}  # fmt: skip


@pytest.fixture(scope="session")
def room() -> Room:
    return Room("gateway", build, Settings, environment=ENVIRONMENT)


def person(user_id: int, name: str) -> dict[str, str]:
    return {"authorization": f"Bearer {TOKEN}", "x-dev-user": f"{user_id}:{name}"}


@pytest.fixture(scope="session")
def dev_token() -> str:
    return TOKEN


@pytest.fixture(scope="session")
def mapper() -> dict[str, str]:
    return person(7, "mapper")


@pytest.fixture(scope="session")
def stranger() -> dict[str, str]:
    return person(8, "stranger")


@pytest.fixture(scope="session")
def chief() -> dict[str, str]:
    """An administrator."""
    return person(9, "chief")


@pytest_asyncio.fixture(scope="session")
async def http(running: Any, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """Without credentials."""
    with psycopg.connect(settings.database_url.get_secret_value(), autocommit=True) as connection:
        connection.execute("insert into users (id, username, is_staff) values (9, 'chief', true)")
    async with httpx.AsyncClient(base_url=BASE, timeout=20, trust_env=False) as client:
        yield client


@pytest.fixture
def problem() -> Callable[[httpx.Response, int], dict[str, Any]]:
    """The body of a refusal, checked for its form."""

    def check(response: httpx.Response, status: int) -> dict[str, Any]:
        assert response.status_code == status, response.text
        assert response.headers["content-type"] == "application/problem+json"
        body = response.json()
        assert body["status"] == status
        assert {"type", "title", "detail", "instance"} < body.keys()
        assert {"code", "message", "details"} == body["error"].keys()
        assert len(body["trace_id"]) == 32
        return body

    return check


class Owners:
    """Stands for the owners of messages: `queries` and `commands` hold what they answer, `heard` what they were asked.

    A command whose type has no answer meets silence.
    """

    def __init__(self, connection: nats.NATS) -> None:
        self.connection = connection
        self.queries: dict[str, Any] = {}
        self.commands: dict[str, Accepted | Refused] = {}
        self.heard: list[tuple[str, dict[str, Any], dict[str, str]]] = []

    async def start(self) -> None:
        await self.connection.subscribe("qry.*.v1.>", cb=self._on_query)
        await self.connection.subscribe("cmd.*.v1.>", cb=self._on_command)

    def answer(self, query: type[Query], value: Any) -> None:
        """A value, or a Refused."""
        self.queries[query.ce_type()] = value

    def judge(self, command: type[Command], verdict: Accepted | Refused) -> None:
        self.commands[command.ce_type()] = verdict

    def last(self, message: type[Command] | type[Query]) -> dict[str, Any]:
        """The body of the latest message of that type."""
        return next(body for kind, body, _ in reversed(self.heard) if kind == message.ce_type())

    async def _on_query(self, msg: Any) -> None:
        kind = self._remember(msg)
        value = self.queries.get(kind)
        if isinstance(value, Refused):
            await self.connection.publish(
                msg.reply, value.model_dump_json().encode(), headers={"fairway-refused": value.kind}
            )
        elif value is not None:
            await msg.respond(json.dumps(value).encode())

    async def _on_command(self, msg: Any) -> None:
        verdict = self.commands.get(self._remember(msg))
        if verdict is not None:
            await self.connection.publish(msg.headers[h.REPLY], verdict.model_dump_json().encode())

    def _remember(self, msg: Any) -> str:
        kind = msg.headers[h.TYPE]
        self.heard.append((kind, json.loads(msg.data), dict(msg.headers)))
        return kind


@pytest_asyncio.fixture(scope="session")
async def _owners(nats_url: str) -> AsyncIterator[Owners]:
    connection = await nats.connect(nats_url)
    owners = Owners(connection)
    await owners.start()
    yield owners
    await connection.close()


@pytest.fixture
def owners(_owners: Owners) -> Owners:
    """Silent until told otherwise."""
    _owners.queries.clear()
    _owners.commands.clear()
    _owners.heard.clear()
    return _owners
