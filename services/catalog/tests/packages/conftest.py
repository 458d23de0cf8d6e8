"""The part of the catalog that makes packages, with a bus, a database, a folder and workers of its own."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

sys.path.insert(0, str(Path(__file__).parent))
from package_jobs import Packages, Workers, start_worker, stop_all
from packages_room import RoomSettings, build

from kit.testing import Caller, Room, caller, database_url, nats_url, running, settings

__all__ = ["caller", "database_url", "nats_url", "running", "settings"]
HOST = "http://host/packages"


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("packages")


@pytest.fixture(scope="session")
def room(folder: Path) -> Room:
    environment = {
        "AUTOPKG_LOCALFS_STORAGE_BACKEND_ROOT": str(folder / "packages"), "AUTOPKG_STORAGE_BACKEND": "localfs",
        "AUTOPKG_LOCALFS_PROCESSING_BACKEND_ROOT": str(folder / "processing"), "AUTOPKG_PACKAGES_HOST_URL": HOST,
        "AUTOPKG_SOURCE_OFFLINE": "true", "AUTOPKG_JOBS_PER_MINUTE": "50", "AUTOPKG_UNFINISHED_LIMIT": "5",
        "AUTOPKG_DEPLOYMENT_ENV": "prod", "MANY_LOG": str(folder / "many.log"), "SLOW_PID": str(folder / "slow.pid"),
    }  # fmt: skip
    (folder / "packages").mkdir()
    return Room("catalog", build, RoomSettings, extensions=("postgis",), environment=environment)


@pytest.fixture(scope="session")
def packages(running: Any, caller: Caller, folder: Path) -> Packages:
    return Packages(caller, folder / "packages")


@pytest_asyncio.fixture(scope="session")
async def pool(running: Any) -> AsyncIterator[Workers]:
    started: Workers = []
    yield started
    await stop_all(started)


@pytest.fixture
async def workers(pool: Workers) -> Workers:
    """Two of them."""
    while len(pool) < 2:
        pool.append(await start_worker())
    return pool


@pytest.fixture
async def no_workers(pool: Workers) -> None:
    await stop_all(pool)


@pytest.fixture
def many_log(folder: Path) -> Path:
    log = folder / "many.log"
    log.write_text("")
    return log
