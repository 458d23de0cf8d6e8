import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio
from sqlalchemy import create_engine

from kit.jobs import tables as job_tables
from kit.messaging import tables
from kit.settings import ServiceSettings
from kit.testing import Room, caller, database_url, nats_url, settings, started
from stack.testing import postgres_url

sys.path.insert(0, str(Path(__file__).parent))
import toy

__all__ = ["caller", "database_url", "nats_url", "postgres_url", "settings"]


@pytest.fixture(scope="session")
def room() -> Room:
    return Room("toy", toy.build, ServiceSettings)


@pytest.fixture(scope="session")
def schema(database_url: str) -> None:
    engine = create_engine(database_url.replace("postgresql://", "postgresql+psycopg://"))
    tables.metadata.create_all(engine)
    job_tables.metadata.create_all(engine)
    toy.Base.metadata.create_all(engine)
    engine.dispose()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(settings: ServiceSettings, schema: None) -> AsyncIterator:
    async with started(toy.build(settings)) as service:
        yield service


@pytest.fixture
def sql(database_url: str) -> Iterator[Callable]:
    """Runs one statement and returns its rows."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield lambda statement, *params: _rows(connection.execute(statement, params))


def _rows(cursor: psycopg.Cursor) -> list:
    return cursor.fetchall() if cursor.description else []


@pytest.fixture
def spawn(settings: ServiceSettings, schema: None) -> Iterator[Callable]:
    """Starts the toy as a process of its own, killed after the test. `log` takes what it says."""
    started: list[subprocess.Popen] = []

    def start(
        verb: str = "serve", *options: str, failpoints: str = "", log: Path | None = None, **more: str
    ) -> subprocess.Popen:
        environment = {**os.environ, **more, "FAIRWAY_FAILPOINTS": failpoints, "LOG_LEVEL": "INFO" if log else "ERROR"}
        argv = [sys.executable, "-W", "ignore", str(Path(toy.__file__)), verb, *options]
        output = log.open("wb") if log else None
        process = subprocess.Popen(argv, env=environment, stdout=output, stderr=output)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait(5)
