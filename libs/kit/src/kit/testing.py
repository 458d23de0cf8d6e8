"""Fixtures of every service's tests: a temporary NATS server, a temporary database, the service running in this
process.

A service's `tests/conftest.py` imports the fixtures it needs and names itself:

    @pytest.fixture(scope="session")
    def room() -> Room:
        return Room("catalog", build, Settings, extensions=("postgis",))

`running` is then that service, migrated, provisioned and consuming; `caller` sends commands and asks queries. The
fixture `postgres_url` is that of `stack.testing`, or one that the service's tests define.
"""

import asyncio
import random
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from json import loads
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

import nats
import psycopg
import pytest
import pytest_asyncio
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from contracts.base import Message
from contracts.shared import Actor
from kit.app import Service
from kit.db import migrations
from kit.messaging.bus import Bus
from kit.messaging.delivery import subscribers
from kit.messaging.envelope import headers_of, new_id, subject_of
from kit.messaging.topology.apply import apply
from kit.settings import ServiceSettings

MAPPER = Actor(id=7, username="mapper")
STRANGER = Actor(id=8, username="stranger")
ADMIN = Actor(id=1, username="admin", roles=frozenset({"admin"}))
M = TypeVar("M", bound=Message)
LIMIT = 15.0
START = 120.0
"""Seconds for a start, and for an end: a busy machine may take longer than usual."""
SHORT_FETCH = 0.25
"""Seconds of a fetch. The end of a service waits for the last one, and tests end many."""
PORTS = range(30_000, 32_700)


@dataclass
class Room:
    """`environment` is set before the settings are read. `extensions` are created in the database."""

    name: str
    build: Callable[[Any], Service]
    settings: Callable[[], ServiceSettings]
    extensions: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="session")
def nats_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Starts a NATS server with JetStream and yields its address."""
    port, folder = free_port(), tmp_path_factory.mktemp("nats")
    config = folder / "nats.conf"
    config.write_text(
        f'listen: "127.0.0.1:{port}"\nmax_payload: 8MB\n'
        f'jetstream {{ store_dir: "{folder}", max_mem: 256M, max_file: 16G }}\n'
    )
    server = Path(sys.executable).parent / "nats-server"
    process = subprocess.Popen([server, "-c", config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield f"nats://127.0.0.1:{port}"
    process.terminate()
    try:
        process.wait(30)
    finally:
        process.kill()


def free_port() -> int:
    """Returns a free port of 127.0.0.1 that no outgoing connection takes before it is used: Linux gives those 32768 and
    above."""
    while True:
        port = random.choice(PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@pytest.fixture(scope="session")
def database_url(postgres_url: str, room: Room) -> Iterator[str]:
    """Yields an empty database for this run, dropped at its end. `postgres_url` is a superuser's address."""
    with temporary_database(postgres_url, room.name) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            for extension in room.extensions:
                connection.execute(sql.SQL("create extension {}").format(sql.Identifier(extension)))
        yield url


@contextmanager
def temporary_database(postgres_url: str, of: str) -> Iterator[str]:
    """Yields the address of an empty database, which is dropped at the end; `of` is a part of its name."""
    name = f"test_{of}_{uuid4().hex[:8]}"
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        try:
            yield _uri(postgres_url, name)
        finally:
            admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def _uri(url: str, database: str) -> str:
    parts = conninfo_to_dict(make_conninfo(url, dbname=database))
    return "postgresql://{user}:{password}@{host}:{port}/{dbname}".format(**{"password": "", **parts})


@pytest.fixture(scope="session")
def settings(room: Room, nats_url: str, database_url: str) -> Iterator[ServiceSettings]:
    """Yields the settings of the service for the temporary servers."""
    with configured(room, nats_url, database_url) as found:
        yield found


@contextmanager
def configured(room: Room, nats_url: str, database_url: str) -> Iterator[ServiceSettings]:
    """Yields the settings of a service, read from the environment, which has them until the end."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"NATS__URL": nats_url, "DATABASE_URL": database_url, **room.environment}.items():
            patch.setenv(name, value)
        patch.setattr(subscribers, "FETCH_TIMEOUT", SHORT_FETCH)
        yield room.settings()


@pytest_asyncio.fixture(scope="session")
async def running(room: Room, settings: ServiceSettings) -> AsyncIterator[Service]:
    """Yields the service, with its loops and its relay; ends it after the last test."""
    async with serving(room, settings) as service:
        yield service


@asynccontextmanager
async def serving(room: Room, settings: ServiceSettings) -> AsyncIterator[Service]:
    """Yields a service that runs, in a database that it migrates, until the end."""
    migrations.upgrade(room.name, settings.database_url.get_secret_value())
    async with started(room.build(settings)) as service:
        await service.answer_in_worker()
        yield service


@asynccontextmanager
async def started(service: Service) -> AsyncIterator[Service]:
    """Yields a service that runs, with the streams that it wants, until the end."""
    await provisioned(service)
    task = asyncio.create_task(service.run())
    try:
        await eventually(lambda: service.ready or task.done(), START)
        if task.done():
            task.result()
        yield service
    finally:
        service.end()
        await asyncio.wait_for(task, START)


async def provisioned(service: Service) -> None:
    """Creates the streams and the durables of the service."""
    connection = await nats.connect(service.settings.nats_url.get_secret_value())
    await apply(connection.jetstream(), service.durables, replicas=1)
    await connection.close()


def ready_service(bus: Bus, settings: ServiceSettings) -> Service:
    """Returns a service that counts as ready, on a bus that is connected. It was not run: its database is closed."""
    service = Service(bus.service, settings, ())
    service.nc, service.bus = bus.nc, bus
    service.ready = service.is_open = True
    return service


@dataclass
class Caller:
    """The gateway's side of the bus."""

    bus: Bus

    async def send(self, command: Any, actor: Actor = MAPPER, command_id: Any = None) -> Any:
        """Sends a command and returns its verdict, None after `LIMIT` seconds."""
        return await self.bus.send(command, actor, command_id, wait=LIMIT)

    async def ask(self, query: Any, actor: Actor = MAPPER) -> Any:
        """Asks a query and returns the answer as Python values; raises the refusal."""
        return loads(await self.bus.ask(query, actor, wait=LIMIT))

    async def publish(self, message: Message, actor: Actor = MAPPER) -> UUID:
        """Publishes an event or a job as its owner would, and returns its id."""
        message_id = new_id()
        headers = headers_of(message, message.owner(), actor, message_id)
        data = message.model_dump_json().encode()
        await self.bus.js.publish(subject_of(message, message_id), data, headers=headers)
        return message_id


@pytest_asyncio.fixture(scope="session")
async def caller(nats_url: str) -> AsyncIterator[Caller]:
    """Yields a caller with a connection of its own."""
    async with calling(nats_url) as caller:
        yield caller


@asynccontextmanager
async def calling(nats_url: str) -> AsyncIterator[Caller]:
    """Yields a caller on the bus at an address."""
    connection = await nats.connect(nats_url)
    bus = Bus(connection, "gateway")
    await bus.start()
    yield Caller(bus)
    await connection.close()


async def eventually(check: Callable[[], Any], limit: float = LIMIT) -> Any:
    """Returns the first true value of `check`, which may be a coroutine function. Raises TimeoutError after `limit`
    seconds."""
    async with asyncio.timeout(limit):
        while True:
            value = check()
            value = await value if asyncio.iscoroutine(value) else value
            if value:
                return value
            await asyncio.sleep(0.02)


def example(kind: type[M], name: str = "typical") -> M:
    """Returns the committed example of a message. Raises FileNotFoundError, which names the file to write."""
    import contracts

    folder = Path(contracts.__file__).parents[2] / "examples" / kind.ce_type()
    return kind.model_validate_json((folder / f"{name}.json").read_bytes())
