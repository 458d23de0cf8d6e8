import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from catalog.main import build
from catalog.settings import Settings
from contracts.catalog.areas import CreateAoi
from contracts.catalog.datasets import ChangeDataset, CreateDataset
from kit.testing import Caller, Room, caller, database_url, free_port, nats_url, running, settings
from stack import up
from stack.home import Home
from stack.sandbox import sandbox
from stack.testing import own_home, postgres_url

sys.path.insert(0, str(Path(__file__).parent))
from builds import builder, place, tiles
from labelstore_things import labels
from package_storages import HOST
from stac_fixtures import registered, served, stac, storage, training, weights, working

__all__ = [
    "builder",
    "caller",
    "database_url",
    "labels",
    "nats_url",
    "place",
    "postgres_url",
    "registered",
    "running",
    "served",
    "settings",
    "stac",
    "storage",
    "tiles",
    "training",
    "weights",
    "working",
]  # fmt: skip


@pytest.fixture(scope="session")
def stack_env() -> dict[str, str]:
    return up({"postgres", "s3", "stac"})


@pytest.fixture(scope="session")
def pgstac_url(postgres_url: str) -> Iterator[str]:
    """A pgstac of our own, so that no other catalog drains its changes."""
    name, home = f"test_pgstac_{uuid4().hex[:8]}", Home.default()
    place = conninfo_to_dict(postgres_url)
    env = {f"PG{key.upper()}": str(place[key]) for key in ("host", "port", "user", "password") if key in place}
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(f'create database "{name}" owner stac')
        programs = home.folder("envs") / "stac" / "bin"
        subprocess.run(
            [programs / "pypgstac", "migrate"], env={**env, "PGDATABASE": name}, check=True, capture_output=True
        )
        admin.execute(f'alter role stac in database "{name}" set search_path to pgstac, public')
        yield f"postgresql://stac:{home.secret('postgres-stac')}@{place['host']}:{place['port']}/{name}"
        admin.execute(f'drop database "{name}" with (force)')


@pytest.fixture(scope="session")
def files_port() -> int:
    """Where a test may serve files that the service is allowed to fetch."""
    return free_port()


@pytest.fixture(scope="session")
def third_parties(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Addresses of a tile server and a Raw Data API over the generated village."""
    home = own_home(tmp_path_factory.mktemp("sandbox"))
    daemons = {name: sandbox(name, home=home) for name in ("tiles", "rawdata")}
    for daemon, _ in daemons.values():
        daemon.start()
    yield {name: url for name, (_, url) in daemons.items()}
    for daemon, _ in daemons.values():
        daemon.stop()


def _netloc(url: str) -> str:
    return urlsplit(url).netloc


@pytest.fixture(scope="session")
def packages_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the running service keeps packages."""
    return tmp_path_factory.mktemp("packages")


@pytest.fixture(scope="session")
def room(
    stack_env: dict[str, str], pgstac_url: str, files_port: int, third_parties: dict[str, str], packages_root: Path
) -> Room:
    environment = {
        **{name: value for name, value in stack_env.items() if name.startswith(("AWS_", "BUCKET", "FAIR_STAC"))},
        "STAC_DATABASE_URL": pgstac_url,
        "FAIRWAY_MODELS_PATH": str(Path(__file__).parents[3]),
        "API_BASE_URL": "https://fair.example/api/v1",
        "PARENT_BUCKET_FOLDER": f"test-catalog-{uuid4().hex[:8]}",
        "OUTBOUND_ALLOW_MODELS": f"127.0.0.1:{files_port}",
        "OUTBOUND_ALLOW_IMAGERY": f"127.0.0.1:{files_port},{_netloc(third_parties['tiles'])}",
        "OUTBOUND_ALLOW_SERVICES": _netloc(third_parties["rawdata"]),
        "RAW_DATA_API_URL": third_parties["rawdata"],
        "RAW_DATA_POLL_INTERVAL": "0.05",
        "AUTOPKG_LOCALFS_STORAGE_BACKEND_ROOT": str(packages_root),
        "AUTOPKG_PACKAGES_HOST_URL": f"{HOST}/",
        "DATASET_PATIENCE": "0.3",
        "DATASET_UNFINISHED_LIMIT": "10000",
    }
    return Room("catalog", build, Settings, extensions=("postgis",), environment=environment)


@dataclass
class Mapping:
    """What a mapper does before the interesting part of a test."""

    caller: Caller

    @staticmethod
    def square(west: float = 85.51, south: float = 27.62, side: float = 0.01) -> dict[str, Any]:
        east, north = round(west + side, 9), round(south + side, 9)
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        return {"type": "Polygon", "coordinates": [ring]}

    async def aoi(self, geometry: dict[str, Any] | None = None, dataset: int | None = None) -> int:
        verdict = await self.caller.send(CreateAoi(geometry=geometry or self.square(), dataset=dataset))
        return verdict.result["properties"]["id"]

    async def draft(self, visibility: str = "private") -> int:
        command = CreateDataset(title="Draft", source_imagery="https://t.example/{z}/{x}/{y}")
        dataset_id = (await self.caller.send(command)).result["id"]
        change = {"dataset_id": dataset_id, "visibility": visibility}
        await self.caller.send(ChangeDataset.model_validate(change))
        return dataset_id


@pytest.fixture(scope="session")
def mapping(caller: Caller) -> Mapping:
    return Mapping(caller)
