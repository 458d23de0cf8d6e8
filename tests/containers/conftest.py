from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

import nats
import pytest
import pytest_asyncio
from helm_python import Chart

from kit.db.database import Database
from kit.messaging.bus import Bus
from kit.testing import Caller
from stack.home import Home
from tests.chart.conftest import helm  # noqa: F401  (a fixture)
from tests.chart.rendering import ROOMS, WORKERS, Release, over, profile
from tests.containers import engine
from tests.containers.pods import Pod
from tests.containers.servers import OPERATOR, PORTS, Servers, serving

SETTINGS = {"SECRET_KEY": "k" * 40, "FAIR_DEV_TOKEN": "t" * 40, "COOKIE_SECRET": "c" * 40}


@pytest.fixture(scope="session")
def images() -> None:
    """Builds them with FAIRWAY_REQUIRE_CONTAINERS=1, and fails where no container can run; skips otherwise."""
    if not engine.REQUIRED:
        pytest.skip("Images are built and run with FAIRWAY_REQUIRE_CONTAINERS=1 (docs/decisions/0125).")
    if problem := engine.problem():
        pytest.fail(problem)
    engine.build()


@pytest.fixture(scope="session")
def servers(images: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with serving(Home(tmp_path_factory.mktemp("home"))) as found:
        yield found


@pytest.fixture(scope="session")
def release(helm, servers: Servers) -> Release:  # noqa: F811
    """The profile for one small cluster, on these servers."""
    addresses = {name: value for name, value in servers.inside.items() if "KEY" not in name and "DATABASE" not in name}
    store = {"OUTBOUND_ALLOW_MODELS": f"s3:{PORTS['s3']}"}
    values = over(profile("dev"), {"global": {"config": {**addresses, **store}}})
    return Release(Chart.load(helm / "platform"), values)


@pytest.fixture(scope="session")
def pod(release: Release, servers: Servers) -> Iterator[Callable[[str], Pod]]:
    """Makes a pod of that name; all are removed at the end."""
    with ExitStack() as stack:

        def make(name: str, **settings: str) -> Pod:
            made = Pod(release, servers, f"fairway-{name}", {**SETTINGS, **settings})
            stack.callback(made.remove)
            return made

        yield make


@pytest.fixture(scope="session")
def pods(pod: Callable[[str], Pod]) -> dict[str, Pod]:
    """Every process of the release, after its hooks have run."""
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda room: pod(f"{room}-migrate").run(), ROOMS))
        names = [*ROOMS, *(f"{room}-worker" for room in WORKERS)]
        found = {name: pod(name) for name in names}
        list(pool.map(lambda one: one.start(), found.values()))
    return found


@dataclass
class Remote:
    """What `kit.delivered_examples` needs to know of a service that runs elsewhere."""

    name: str
    db: Database


@pytest_asyncio.fixture(scope="session")
async def remote(pods: dict[str, Pod], servers: Servers) -> AsyncIterator[dict[str, Remote]]:
    found = {room: Remote(room, Database(servers.databases[room], 1, 2, 5.0)) for room in ROOMS}
    for one in found.values():
        await one.db.open()
    yield found
    for one in found.values():
        await one.db.close()


@pytest_asyncio.fixture(scope="session")
async def caller(pods: dict[str, Pod], servers: Servers) -> AsyncIterator[Caller]:
    """May do on the bus what every service may."""
    connection = await nats.connect(servers.bus(OPERATOR, inside=False))
    bus = Bus(connection, "gateway")
    await bus.start()
    yield Caller(bus)
    await connection.close()
