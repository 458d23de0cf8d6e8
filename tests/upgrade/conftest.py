from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import docker
import pytest
import pytest_asyncio
from helm_python import Chart
from rich.console import Console

from gateway.grant_admin import grant
from stack import run as daemons
from stack.bench.system import RATES
from stack.demo.demo_area import read_demo_area
from stack.demo.job import Job
from stack.demo.stages import Stages
from stack.platform.run import sandboxes
from stack.platform.settings import third_parties
from tests.chart.conftest import helm  # noqa: F401  (a fixture)
from tests.chart.rendering import ROOMS, WORKERS, Release, over, profile
from tests.containers import engine
from tests.containers.conftest import SETTINGS, images, servers  # noqa: F401  (fixtures)
from tests.containers.pods import Pod
from tests.containers.servers import OPERATOR, PORTS, Servers
from tests.e2e import invariants
from tests.e2e.conftest import Platform
from tests.upgrade.balancer import Balancer
from tests.upgrade.fleet import Fleet, Maker, hooks

NEXT = "0.2.0"
"""The version of the next release."""


@pytest.fixture(scope="session")
def platform(servers: Servers) -> Iterator[Platform]:  # noqa: F811
    """What a client sees of it: its address is one that containers reach too, as that of the sandbox."""
    home = servers.home
    with home.remember() as memory:
        memory["host"] = servers.host
    sandboxes(home, None, lambda name, seconds: None)
    env = {f"DATABASE_URL_{room.upper()}": url for room, url in servers.databases.items()}
    yield Platform(home, {**env, "NATS__URL": servers.bus(OPERATOR, inside=False)}, None)
    daemons.down(home=home)


@dataclass
class Releases:
    this: Maker
    next: Maker


@pytest.fixture(scope="session")
def releases(helm, servers: Servers, platform: Platform) -> Iterator[Releases]:  # noqa: F811
    """Of the same chart with images of two versions; their pods are removed at the end."""
    for name in (*ROOMS, *(f"{room}-worker" for room in WORKERS)):
        _build_next(name)
    with ExitStack() as stack:
        this, following = (_maker(helm, servers, platform, stack, version) for version in (engine.VERSION, NEXT))
        yield Releases(this, following)


def _build_next(name: str) -> None:
    """The image of that name as the next release has it."""
    source = {"FROM": f"fairway/{name}:{engine.VERSION}"}
    folder = str(Path(__file__).parent)
    docker.from_env().images.build(path=folder, tag=f"fairway/{name}:{NEXT}", buildargs=source, network_mode="none")


def _maker(helm: Path, servers: Servers, platform: Platform, stack: ExitStack, version: str) -> Maker:  # noqa: F811
    addresses = {name: value for name, value in servers.inside.items() if name.isupper() and "KEY" not in name}
    for unneeded in ("STAC_DATABASE_URL", "OTEL_EXPORTER_OTLP_ENDPOINT"):
        del addresses[unneeded]
    store = {"OUTBOUND_ALLOW_MODELS": f"s3:{PORTS['s3']}"}
    values = over(profile("dev"), {"global": {"config": {**addresses, **store}, "image": {"tag": version}}})
    release = Release(Chart.load(helm / "platform"), values)
    settings = {
        **SETTINGS, "FAIR_DEV_TOKEN": platform.token, "TRAINING_SYNC_INTERVAL": "5", **RATES,
        **third_parties(platform.home, servers.inside),
    }  # fmt: skip

    def make(name: str) -> Pod:
        pod = Pod(release, servers, f"fairway-{name}", settings)
        stack.callback(pod.remove)
        return pod

    return make


@pytest_asyncio.fixture(scope="session")
async def fleet(servers: Servers, platform: Platform, releases: Releases) -> AsyncIterator[Fleet]:  # noqa: F811
    """This release, with an administrator."""
    async with Balancer(platform.home.host, platform.home.port("public")) as public:
        fleet = Fleet(public)
        hooks(releases.this, "migrate")
        grant(servers.databases["gateway"], 1, "dev-user")
        invariants.known_base_model(platform)
        fleet.install(releases.this)
        yield fleet


@pytest.fixture(scope="session")
def job(platform: Platform) -> Iterator[Job]:
    console = Console(quiet=True)
    with platform.client() as fairway:
        area = read_demo_area(None)
        yield Job(fairway, platform.home, area, Stages(console), console, "rooftop_light", {"max_minutes": 0.5})
