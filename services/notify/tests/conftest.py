import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from kit.testing import Caller, Room, caller, database_url, nats_url, running, settings
from notify.main import build, build_worker
from notify.settings import Settings
from stack.home import Home
from stack.processes import Daemon
from stack.sandbox.start import sandbox
from stack.testing import empty_database, postgres_url

sys.path.insert(0, str(Path(__file__).parent))
from webhook_listener import Listener, sql

__all__ = ["caller", "database_url", "empty_database", "nats_url", "postgres_url", "running", "settings"]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(Path(tmp_path_factory.mktemp("home")))


@pytest.fixture(scope="session")
def post_office(home: Home) -> Iterator[tuple[Daemon, str]]:
    """A real SMTP sink, which a test may stop and start again, and the HTTP address where its messages show."""
    daemon, address = sandbox("smtp", home=home)
    yield daemon.start(), address
    daemon.stop()


@pytest.fixture(scope="session")
def mailbox(post_office: tuple[Daemon, str], home: Home) -> tuple[str, int]:
    """The HTTP address and the SMTP port."""
    return post_office[1], home.port("sandbox-smtp-mail")


@pytest.fixture(scope="session")
def receiver_url(home: Home) -> Iterator[str]:
    daemon, address = sandbox("webhooks", home=home)
    daemon.start()
    yield address
    daemon.stop()


@pytest.fixture
def receiver(receiver_url: str) -> Iterator[httpx.Client]:
    """A real receiver of webhooks that remembers nothing of former tests."""
    with httpx.Client(base_url=receiver_url, trust_env=False) as client:
        client.delete("/requests")
        yield client


@pytest.fixture(scope="session")
def room(mailbox: tuple[str, int], receiver_url: str) -> Room:
    environment = {
        "EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(mailbox[1]), "EMAIL_USE_TLS": "false",
        "OUTBOUND_ALLOW_WEBHOOKS": receiver_url.removeprefix("http://"), "WEBHOOK_SECRET_KEY": "k" * 32,
    }  # fmt: skip
    return Room("notify", build, Settings, environment=environment)


@pytest_asyncio.fixture
async def worker(running, settings) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """What ends it, when all its calls are settled."""
    service = build_worker(settings)
    task = asyncio.create_task(service.work())

    async def ended() -> None:
        service.end()
        await asyncio.wait_for(task, 20)

    yield ended
    await ended()


@pytest_asyncio.fixture
async def somebody(running, caller: Caller, receiver, worker) -> AsyncIterator[Listener]:
    """Nothing is sent but what is theirs, and none of it any more when the next test begins."""
    await sql(running, "delete from webhooks")
    yield Listener(running, caller, receiver)
    await sql(running, "delete from webhooks")
