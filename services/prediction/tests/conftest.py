import json
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import numpy as np
import pytest
import pytest_asyncio
from morecantile import tms
from PIL import Image
from sqlalchemy import delete, select

from contracts.catalog.models import BaseModelRegistered
from kit.storage.object_storage import Storage
from kit.testing import ADMIN, Room, caller, database_url, eventually, nats_url, running, settings
from prediction.main import build
from prediction.projections.tables import KnownModel
from prediction.settings import Settings
from stack import up
from stack.home import Home
from stack.sandbox import sandbox
from stack.testing import postgres_url

sys.path.insert(0, str(Path(__file__).parent))
from prediction_values import box, facts_of, mean_of_pixels
from worker import Worker, kill_all

GRID = tms.get("WebMercatorQuad")
COLUMN, ROW = 312_976, 267_100
"""The north-western tile of the pictures, at zoom 19."""
__all__ = ["caller", "database_url", "nats_url", "postgres_url", "running", "settings"]


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The sandbox's `tiles` over 16 pictures at zoom 19, and its `rawdata`, where one of them is a mapped building."""
    data = tmp_path_factory.mktemp("pictures")
    for name, x in (("train", COLUMN - 8), ("predict", COLUMN)):
        paint(data / name / "oam", range(x, x + 4), range(ROW, ROW + 4))
    draw(data / "train" / "osm")
    home = Home(tmp_path_factory.mktemp("sandbox"))
    daemons = {name: sandbox(name, data, home=home) for name in ("tiles", "rawdata")}
    for daemon, _ in daemons.values():
        daemon.start()
    yield {name: url for name, (_, url) in daemons.items()}
    for daemon, _ in daemons.values():
        daemon.stop()


@pytest.fixture(scope="session")
def tiles_url(servers: dict[str, str]) -> str:
    return servers["tiles"]


def draw(folder: Path) -> None:
    """A building that covers the north-western tile."""
    west, south, east, north = GRID.bounds(COLUMN, ROW, 19)
    properties = {"osm_id": 1, "osm_type": "way", "building": "yes"}
    feature = {"type": "Feature", "geometry": box(west, south, east, north), "properties": properties}
    folder.mkdir(parents=True)
    (folder / "osm_features_1.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))


def paint(folder: Path, columns: range, rows: range) -> None:
    folder.mkdir(parents=True)
    noise = np.random.default_rng(COLUMN)
    for x, y in product(columns, rows):
        pixels = noise.integers(100, 255, (64, 64, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"OAM-{x}-{y}-19.tif")


@pytest.fixture(scope="session")
def village(tiles_url: str) -> tuple[float, float, float, float]:
    """Bounds of the 16 tiles to predict on."""
    return tuple(httpx.get(f"{tiles_url}/predict/tilejson.json", trust_env=False, timeout=60).json()["bounds"])


@pytest.fixture(scope="session")
def room(servers: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Room:
    work = tmp_path_factory.mktemp("work")
    environment = up({"s3", "zenml"}) | {
        "OUTBOUND_ALLOW_IMAGERY": urlsplit(servers["tiles"]).netloc,
        "OUTBOUND_ALLOW_SERVICES": urlsplit(servers["rawdata"]).netloc,
        "RAW_DATA_API_URL": servers["rawdata"],
        "PARENT_BUCKET_FOLDER": f"test-prediction-{uuid4().hex[:8]}",
        "PREDICTION_WORK_DIR": str(work),
        "PREDICTION_SYNC_INTERVAL": "0.5",
        "PREDICTION_MAX_TILES": "300",
        "PREDICTION_UNFINISHED_LIMIT": "10000",
        "FAIRWAY_MODELS_PATH": str(Path(__file__).parent),
        "TOY_FOLDER": str(work),
    }
    return Room("prediction", build, Settings, ("postgis",), environment)


@pytest.fixture(scope="session", autouse=True)
def no_proxy() -> None:
    os.environ["NO_PROXY"] = "127.0.0.1"


@pytest_asyncio.fixture(scope="session")
async def storage(settings: Settings) -> AsyncIterator[Storage]:
    ours = Storage(settings)
    yield ours
    for key in await ours.keys(""):
        await ours._call("delete_object", Key=ours.prefix + key)


@pytest_asyncio.fixture(scope="session")
async def model(running, caller, storage) -> str:
    """A public base model that everyone may use: the toy plug-in."""
    await storage.put("toy.onnx", mean_of_pixels())
    async with running.db.raw() as connection:  # names of runs are unique on the pipeline server, which outlives tests
        await connection.execute(f"alter sequence predictions_id_seq restart with {time.time_ns() // 1000}")
    facts = facts_of("toy", onnx_uri=storage.uri("toy.onnx"))
    event = BaseModelRegistered(model_id=3, name="toy", user_id=ADMIN.id, visibility="public", facts=facts)
    await caller.publish(event, ADMIN)

    async def known() -> bool:
        async with running.db.session() as session:
            return bool(await session.scalar(select(KnownModel.model_id).where(KnownModel.stac_item_id == "toy")))

    await eventually(known)
    return "toy"


@pytest_asyncio.fixture
async def no_models(running) -> None:
    async with running.db.session() as session:
        await session.execute(delete(KnownModel).where(KnownModel.stac_item_id != "toy"))
        await session.commit()


@pytest.fixture(scope="module")
def workers() -> list[Worker]:
    """Those that were started, dead ones included."""
    return []


@pytest.fixture
def without_workers(workers: list[Worker]) -> None:
    """Kills the workers of earlier tests, for a test that does a job itself."""
    kill_all(workers)


@pytest.fixture(scope="module")
def start_worker(
    settings: Settings, running, model, workers: list[Worker], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Worker]]:
    """Starts one more worker process; all are killed at the end."""

    def start() -> Worker:
        workers.append(Worker(tmp_path_factory.mktemp("worker") / "log"))
        return workers[-1]

    yield start
    kill_all(workers)


@pytest.fixture(scope="module")
def worker(start_worker) -> Worker:
    return start_worker()
