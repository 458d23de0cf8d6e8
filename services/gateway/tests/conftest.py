"""The real gateway on a throw-away NATS and database, asked over HTTP; small responders stand for other services."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import nats
import psycopg
import pytest
import pytest_asyncio
from pydantic import SecretStr

from contracts import headers as h
from contracts.base import Command, Query
from contracts.verdict import Accepted, Refused
from gateway.apis.labelstore.dialect import LabelProblem
from gateway.identity.providers.osm import osm_login
from gateway.identity.providers.setup import provider_of
from gateway.main import build
from gateway.settings import Settings
from gateway.testing import ENVIRONMENT as APPLICATION
from gateway.testing import TOKEN, person
from kit.http.outbound import Outbound
from kit.testing import Room, caller, database_url, free_port, nats_url, running, settings
from stack.home import Home
from stack.sandbox import sandbox
from stack.sandbox.issuer import INTERNAL_KEY
from stack.sandbox.osm_login import CLIENT_ID, CLIENT_SECRET
from stack.testing import postgres_url

__all__ = ["caller", "database_url", "nats_url", "postgres_url", "running", "settings"]
sys.path.insert(0, str(Path(__file__).parent))
from openapi_examples import undeclared

PORT = free_port()
BASE = f"http://127.0.0.1:{PORT}"
ENVIRONMENT = {
    **APPLICATION, "PUBLIC__PORT": str(PORT), "HTTP__PORT": str(free_port()), "USER_RATE_LIMIT": "1000000/h",
    "ANON_RATE_LIMIT": "1000000/h", "WEBHOOK_RATE_LIMIT": "1000000/h", "TRAINING_RATE_LIMIT": "1000000/h",
    "PREDICTION_RATE_LIMIT": "1000000/h",
}  # fmt: skip


@pytest.fixture(scope="session")
def room() -> Room:
    return Room("gateway", build, Settings, environment=ENVIRONMENT)


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
    """Without credentials. Every answer has to be one that its route declares."""
    with psycopg.connect(settings.database_url.get_secret_value(), autocommit=True) as connection:
        connection.execute("insert into users (id, username, is_staff) values (9, 'chief', true)")

    async def as_described(response: httpx.Response) -> None:
        assert undeclared(running.app, response) is None, undeclared(running.app, response)

    hooks = {"response": [as_described]}
    async with httpx.AsyncClient(base_url=BASE, timeout=20, trust_env=False, event_hooks=hooks) as client:
        yield client


@pytest.fixture(scope="session")
def start(running, dev_token):
    """Starts `python -m gateway` beside the one in this process, on the same bus and database; its address and pid."""

    @contextmanager
    def run(**changes: str) -> Iterator[tuple[str, str, int]]:
        public, internal = free_port(), free_port()
        ports = {"PUBLIC__PORT": str(public), "HTTP__PORT": str(internal)}
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway"], env=os.environ | ports | changes, stdout=subprocess.DEVNULL
        )
        try:
            yield f"http://127.0.0.1:{public}", f"http://127.0.0.1:{internal}", process.pid
        finally:
            process.terminate()
            process.wait(20)

    return run


@pytest_asyncio.fixture
async def astonished(http: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """Takes answers that no route declares: of owners that say what they never would."""
    async with httpx.AsyncClient(base_url=BASE, timeout=20, trust_env=False) as client:
        yield client


@pytest.fixture
def problem() -> Callable[[httpx.Response, int], dict[str, Any]]:
    """The body of a refusal, checked for its form: that of the house, or of the label store, without `error`."""

    def check(response: httpx.Response, status: int) -> dict[str, Any]:
        assert response.status_code == status, response.text
        assert response.headers["content-type"] == "application/problem+json"
        body = response.json()
        assert body["status"] == status
        assert {"type", "title", "detail", "instance"} < body.keys()
        if "error" in body:
            assert {"code", "message", "details"} == body["error"].keys()
        else:
            LabelProblem.model_validate(body)
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
        self.commands: dict[str, Any] = {}
        self.heard: list[tuple[str, dict[str, Any], dict[str, str]]] = []

    async def start(self) -> None:
        await self.connection.subscribe("qry.*.v1.>", cb=self._on_query)
        await self.connection.subscribe("cmd.*.v1.>", cb=self._on_command)

    def answer(self, query: type[Query], value: Any) -> None:
        """A value, a Refused, or a function of what was asked."""
        self.queries[query.ce_type()] = value

    def judge(self, command: type[Command], verdict: Accepted | Refused | Callable[[Any], Accepted]) -> None:
        """A verdict, or a function of what was sent."""
        self.commands[command.ce_type()] = verdict

    def last(self, message: type[Command] | type[Query]) -> dict[str, Any]:
        """The body of the latest message of that type."""
        return next(body for kind, body, _ in reversed(self.heard) if kind == message.ce_type())

    async def _on_query(self, msg: Any) -> None:
        kind = self._remember(msg)
        value = self.queries.get(kind)
        value = value(self.heard[-1][1]) if callable(value) else value
        if isinstance(value, Refused):
            await self.connection.publish(
                msg.reply, value.model_dump_json().encode(), headers={"fairway-refused": value.kind}
            )
        elif value is not None:
            await msg.respond(json.dumps(value).encode())

    async def _on_command(self, msg: Any) -> None:
        verdict = self.commands.get(self._remember(msg))
        verdict = verdict(self.heard[-1][1]) if callable(verdict) else verdict
        if verdict is not None:
            await self.connection.publish(msg.headers[h.REPLY], verdict.model_dump_json().encode())

    def _remember(self, msg: Any) -> str:
        kind = msg.headers[h.TYPE]
        body = json.loads(msg.data or b"{}")  # one in the object store has no body here
        self.heard.append((kind, body, dict(msg.headers)))
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
    return silent(_owners)


def silent(owners: Owners) -> Owners:
    owners.queries.clear()
    owners.commands.clear()
    owners.heard.clear()
    return owners


SECRETS = {"signing_key": "s" * 40, "cookie_secret": "c" * 40, "osm_secret": "o" * 40}
FRONTEND, PORTAL = "https://map.example", "https://login.example"
OSM_BACK = f"{FRONTEND}/authenticate"


@contextmanager
def third_party(name: str, folder: Path) -> Iterator[str]:
    """The address of a sandbox server of our own."""
    daemon, url = sandbox(name, home=Home(folder))
    daemon.start()
    yield url
    daemon.stop()


@pytest_asyncio.fixture(scope="session")
async def issuer(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    """The identity provider, and the login portal."""
    with third_party("issuer", tmp_path_factory.mktemp("issuer")) as url:
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            yield client


@pytest_asyncio.fixture(scope="session")
async def osm(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    with third_party("osm", tmp_path_factory.mktemp("osm")) as url:
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            yield client


def _allowing(client: httpx.AsyncClient) -> Outbound:
    return Outbound(f"{client.base_url.host}:{client.base_url.port}")


@pytest.fixture
def on_hanko(running: Any, issuer: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The running gateway as AUTH_PROVIDER=hanko would have it. `chief@map.example` is in ADMIN_EMAILS."""
    values = {
        "auth_provider": "hanko", "hanko_url": str(issuer.base_url).rstrip("/"), "login_url": PORTAL,
        "login_backend_url": str(issuer.base_url).rstrip("/"), "login_key": SecretStr(INTERNAL_KEY),
        "cookie_secret": SecretStr(SECRETS["cookie_secret"]), "admin_emails": ["Chief@map.example"],
    }  # fmt: skip
    for name, value in values.items():
        monkeypatch.setattr(running.context.settings, name, value)
    provider = provider_of(running.context.settings, running.context.users, _allowing(issuer))
    monkeypatch.setattr(running.context, "provider", provider)
    return provider


@pytest.fixture
def signed(issuer: httpx.AsyncClient) -> Callable[..., Any]:
    """`await signed("sub", "e@mail")`: the headers of somebody who logged in at the provider."""

    async def headers(sub: str, email: str = "", **claims: Any) -> dict[str, str]:
        body = {"sub": sub, "email": email or f"{sub}@map.example"} | claims
        token = (await issuer.post("/token", json=body)).raise_for_status().json()["token"]
        return {"authorization": f"Bearer {token}"}

    return headers


@pytest.fixture
def with_osm_login(running: Any, osm: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The running gateway with OSM_CLIENT_ID and the other settings of the login."""
    values = {
        "osm_url": str(osm.base_url).rstrip("/"), "osm_client_id": CLIENT_ID,
        "osm_client_secret": SecretStr(CLIENT_SECRET), "osm_redirect_uri": OSM_BACK,
        "osm_secret": SecretStr(SECRETS["osm_secret"]),
    }  # fmt: skip
    for name, value in values.items():
        monkeypatch.setattr(running.context.settings, name, value)
    outbound = _allowing(osm)
    monkeypatch.setattr(
        running.context, "provider", provider_of(running.context.settings, running.context.users, outbound)
    )
    monkeypatch.setattr(running.context, "osm", osm_login(running.context.settings, outbound))


@pytest.fixture
def sql(settings: Settings) -> Callable[..., list[tuple]]:
    """Runs one statement in the gateway's database."""

    def run(statement: str, *params: Any) -> list[tuple]:
        with psycopg.connect(settings.database_url.get_secret_value(), autocommit=True) as connection:
            cursor = connection.execute(statement, params)
            return cursor.fetchall() if cursor.description else []

    return run
