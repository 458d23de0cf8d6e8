import subprocess
from collections.abc import Iterator
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from catalog.main import build
from catalog.settings import Settings
from kit.testing import Room, caller, database_url, free_port, nats_url, postgres_url, running, settings
from stack import up
from stack.home import Home
from stack.sandbox import sandbox

__all__ = ["caller", "database_url", "nats_url", "postgres_url", "running", "settings"]


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
    home = Home(tmp_path_factory.mktemp("sandbox"))
    daemons = {name: sandbox(name, home=home) for name in ("tiles", "rawdata")}
    for daemon, _ in daemons.values():
        daemon.start()
    yield {name: url for name, (_, url) in daemons.items()}
    for daemon, _ in daemons.values():
        daemon.stop()


@pytest.fixture(scope="session")
def room(stack_env: dict[str, str], pgstac_url: str, files_port: int, third_parties: dict[str, str]) -> Room:
    environment = {
        **{name: value for name, value in stack_env.items() if name.startswith(("AWS_", "BUCKET", "FAIR_STAC"))},
        "STAC_DATABASE_URL": pgstac_url,
        "PARENT_BUCKET_FOLDER": f"test-catalog-{uuid4().hex[:8]}",
        "OUTBOUND_ALLOW": ",".join(
            [f"127.0.0.1:{files_port}", *(urlsplit(url).netloc for url in third_parties.values())]
        ),
        "RAW_DATA_API_URL": third_parties["rawdata"],
        "RAW_DATA_POLL_INTERVAL": "0.05",
        "DATASET_PATIENCE": "0.3",
    }
    return Room("catalog", build, Settings, extensions=("postgis",), environment=environment)
