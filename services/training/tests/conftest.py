"""The service in this process, workers as real processes, ZenML and S3 of the stack, and a catalog that answers."""

import asyncio
import os
import random
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import psycopg
import pytest
import pytest_asyncio
from nats.aio.msg import Msg

from contracts import training as c
from contracts.catalog.datasets import DatasetBuilt
from contracts.catalog.models import BaseModelRegistered, ModelSummary
from kit.app import Service
from kit.db import migrations
from kit.settings import ServiceSettings
from kit.testing import (
    ADMIN,
    MAPPER,
    Caller,
    Room,
    caller,
    database_url,
    eventually,
    nats_url,
    running,
    settings,
)
from stack import up
from stack.testing import empty_database, postgres_url
from training.main import build
from training.settings import Settings

__all__ = ["caller", "database_url", "empty_database", "nats_url", "postgres_url", "running", "settings"]
HERE = Path(__file__).parent
SUFFIX = uuid4().hex[:6]
BASE = f"toy-{SUFFIX}"
DATASET = f"village-{SUFFIX}"
PRIVATE = f"hamlet-{SUFFIX}"
IMAGE = "registry.example/toy:v1"
HYPERPARAMETERS = {
    "training.epochs": 2, "training.batch_size": 4, "training.seconds": 0.0, "training.end": "well",
    "training.adapt": True, "training.val_ratio": 0.2, "inference.confidence_threshold": 0.5,
}  # fmt: skip
SPEC = [
    {"key": "epochs", "type": "int", "default": 2, "description": "Rounds", "min": 1, "max": 500},
    {"key": "batch_size", "type": "int", "default": 4, "description": "Chips a step", "min": 1, "max": 128},
    {"key": "seconds", "type": "float", "default": 0.0, "description": "Of one epoch", "min": 0, "max": 60},
    {
        "key": "end",
        "type": "str",
        "default": "well",
        "description": "How",
        "values": ["well", "raise", "die", "bend", "opaque"],
    },
    {"key": "val_ratio", "type": "float", "default": 0.2, "description": "Held back", "min": 0, "max": 1},
    {"key": "adapt", "type": "bool", "default": True, "description": "A switch"},
    {"key": "confidence_threshold", "type": "float", "default": 0.5, "description": "Of a prediction"},
]


@pytest.fixture(scope="session")
def servers() -> dict[str, str]:
    return up({"postgres", "zenml", "s3"})


@pytest.fixture(scope="session")
def room(servers: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Room:
    environment = {
        **{name: servers[name] for name in servers if name.startswith(("FAIR_ZENML", "AWS_", "BUCKET"))},
        "FAIRWAY_MODELS_PATH": str(HERE), "TRAINING_WORK_PATH": str(tmp_path_factory.mktemp("runs")),
        "PARENT_BUCKET_FOLDER": f"test-{SUFFIX}", "TRAINING_SYNC_INTERVAL": "1",
        "TRAINING_UNFINISHED_LIMIT": "10000", "TRAINING_SILENCE_LIMIT": "10",
    }  # fmt: skip
    return Room("training", build, Settings, environment=environment)


@pytest.fixture(scope="session", autouse=True)
def own_run_names(settings: ServiceSettings) -> None:
    """Runs of other sessions are still known to the pipeline server, by the ids of their rows."""
    url = settings.database_url.get_secret_value()
    migrations.upgrade("training", url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"alter table trainings alter id restart with {random.randrange(10**9, 10**12)}")


def facts() -> ModelSummary:
    return ModelSummary(
        stac_item_id=BASE, name="toy", category="buildings", entrypoint="models.toy.pipeline:predict",
        onnx_uri="https://models.example/model.onnx", checkpoint_uri="https://models.example/weights.npz",
        item_href=f"https://stac.example/{BASE}", keywords=["building", "semantic-segmentation", "polygon"],
        tasks=["semantic-segmentation"], num_classes=2, class_names=["background", "building"],
        hyperparameters=HYPERPARAMETERS, hyperparameters_spec=SPEC, image=IMAGE,
    )  # fmt: skip


def built(stac_id: str, dataset_id: int, visibility: str, **changes: Any) -> DatasetBuilt:
    values = {
        "dataset_id": dataset_id, "stac_id": stac_id, "user_id": MAPPER.id, "title": "Village",
        "visibility": visibility, "category": "buildings", "chips_uri": f"s3://b/{stac_id}/chips/",
        "labels_uri": f"s3://b/{stac_id}/labels/labels.geojson", "chip_count": 5, "feature_count": 40, "zoom": 19,
        "keywords": ["building", "polygon"], "label_tasks": ["semantic-segmentation"], "geometry_type": "polygon",
    }  # fmt: skip
    return DatasetBuilt(**{**values, **changes})


@pytest_asyncio.fixture(scope="session")
async def known(running: Service, caller: Caller) -> None:
    """What the catalog has told: one base model, a public and a private dataset."""
    registered = BaseModelRegistered(model_id=3, name="toy", user_id=ADMIN.id, visibility="public", facts=facts())
    for event in (registered, built(DATASET, 11, "public"), built(PRIVATE, 12, "private")):
        await caller.publish(event)

    async def heard() -> bool:
        rows = await fetch(running, "select 1 from known_datasets union all select 1 from known_base_models")
        return len(rows) >= 3

    await eventually(heard)


async def fetch(service: Service, sql: str, *params: Any) -> list[tuple]:
    async with service.db.raw() as connection:
        return await (await connection.execute(sql, params)).fetchall()


Submit = Callable[..., Awaitable[dict[str, Any]]]


def order(**changes: Any) -> c.SubmitTraining:
    values = {"base_model_stac_id": BASE, "dataset_stac_id": DATASET, "model_name": f"Hill Top {SUFFIX}"}
    return c.SubmitTraining(**{**values, **changes})


@pytest.fixture
def submit(known: None, caller: Caller) -> Submit:
    """Submits and returns the row; keyword arguments are overrides."""

    async def submit(actor: Any = MAPPER, model_name: str = f"Hill Top {SUFFIX}", **overrides: Any) -> dict[str, Any]:
        verdict = await caller.send(order(model_name=model_name, overrides=overrides), actor)
        assert verdict.status == "accepted", verdict
        return verdict.result

    return submit


class Workers:
    """Processes that drive runs, one at a time here."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        if self.process is None or self.process.poll() is not None:
            command = [sys.executable, "-W", "ignore", "-m", "training", "worker"]
            with self.log.open("a") as log:
                self.process = subprocess.Popen(command, env=os.environ, stdout=log, stderr=log)

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(90)


@pytest.fixture(scope="session")
def all_workers(running: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    workers = Workers(tmp_path_factory.mktemp("worker") / "worker.log")
    yield workers
    workers.stop()


@pytest_asyncio.fixture
async def workers(all_workers: Workers, running: Service) -> Workers:
    """One worker that is up, and nothing left in the queue that it would have to do first."""
    await fetch_nothing(running, "update trainings set status = 'stopped'")
    all_workers.start()
    return all_workers


async def fetch_nothing(service: Service, sql: str, *params: Any) -> None:
    async with service.db.raw() as connection:
        await connection.execute(sql, params)


async def until(caller: Caller, training_id: int, *statuses: str, limit: float = 170.0) -> dict[str, Any]:
    """The row, once it is in one of these states."""

    async def reached() -> dict[str, Any] | None:
        row = await caller.ask(c.GetTraining(training_id=training_id))
        return row if row["status"] in statuses else None

    return await eventually(reached, limit)


class Catalog:
    """Answers for the catalog on the bus; `answers` maps query types to values."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.asked: list[str] = []

    async def reply(self, msg: Msg) -> None:
        kind = (msg.headers or {})["ce-type"]
        self.asked.append(kind)
        await msg.respond(orjson.dumps(self.answers.get(kind)))


@pytest_asyncio.fixture
async def catalog(caller: Caller) -> AsyncIterator[Catalog]:
    catalog = Catalog()
    subscription = await caller.bus.nc.subscribe("qry.catalog.>", queue="catalog", cb=catalog.reply)
    await caller.bus.nc.flush()
    yield catalog
    await subscription.unsubscribe()


@pytest_asyncio.fixture
async def heard(caller: Caller) -> AsyncIterator[list[tuple[str, dict]]]:
    """Events and hints of this room as they pass by: (type, body)."""
    seen: list[tuple[str, dict]] = []

    async def note(msg: Msg) -> None:
        seen.append(((msg.headers or {})["ce-type"], orjson.loads(msg.data)))

    subscriptions = [await caller.bus.nc.subscribe(f"{kind}.training.>", cb=note) for kind in ("evt", "live", "job")]
    await caller.bus.nc.flush()
    yield seen
    await asyncio.gather(*(subscription.unsubscribe() for subscription in subscriptions))
