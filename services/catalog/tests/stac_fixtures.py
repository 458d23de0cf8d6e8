"""A worker, a file server, and the real catalogue and store, tidied up afterwards."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import nats
import pytest
import pytest_asyncio
from stac_things import base_item, tiny_onnx

from catalog.settings import Settings
from catalog.stac.client import StacClient
from contracts.catalog import models as c
from kit.app import Service
from kit.storage.object_storage import Storage
from kit.testing import ADMIN, Room, eventually


@pytest_asyncio.fixture(scope="session")
async def working(running: Service, room: Room, settings: Settings) -> AsyncIterator[Service]:
    """A worker of the service, taking jobs."""
    worker = room.build(settings)
    task = asyncio.create_task(worker.work())
    await eventually(lambda: worker.ready or task.done())
    yield worker
    worker.end()
    await asyncio.wait_for(task, 30)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory, files_port: int) -> Iterator[Path]:
    """Files of this folder are at http://127.0.0.1:<files_port>/."""
    folder = tmp_path_factory.mktemp("served")
    server = ThreadingHTTPServer(("127.0.0.1", files_port), partial(SimpleHTTPRequestHandler, directory=folder))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield folder
    server.shutdown()
    thread.join()


@pytest_asyncio.fixture(scope="session")
async def stac(running: Service) -> AsyncIterator[StacClient]:
    """The real catalogue; what was written by the service or its worker in this process is gone afterwards."""
    api = next(adapter for adapter in running.provides if isinstance(adapter, StacClient))
    await api.ensure_collections()
    written: set[tuple[str, str]] = set()
    put = StacClient.put

    async def noted(self: StacClient, item: dict) -> None:
        written.add((item["collection"], item["id"]))
        await put(self, item)

    patch = pytest.MonkeyPatch()
    patch.setattr(StacClient, "put", noted)
    yield api
    patch.undo()
    for collection, item_id in written:
        await api.delete(collection, item_id)


@pytest.fixture(scope="session")
def storage(running: Service) -> Iterator[Storage]:
    """The real store; everything under the folder of this run is gone afterwards."""
    store = next(adapter for adapter in running.provides if isinstance(adapter, Storage))
    yield store
    for entry in store._pages("", None):
        store.client.delete_object(Bucket=store.settings.bucket, Key=store.prefix + entry["Key"])


@pytest_asyncio.fixture
async def training(nats_url: str) -> AsyncIterator[dict[int, dict]]:
    """Stands in for the training service; answers `GetPublishable` from this dict, or refuses."""
    answers: dict[int, dict] = {}
    connection = await nats.connect(nats_url)

    async def answer(msg) -> None:
        found = answers.get(json.loads(msg.data)["training_id"])
        if found is None:
            refused = {"kind": "conflict", "code": "not_completed", "detail": "The run is not completed."}
            await connection.publish(msg.reply, json.dumps(refused).encode(), headers={"fairway-refused": "conflict"})
        else:
            await msg.respond(json.dumps(found).encode())

    await connection.subscribe("qry.training.v1.get_publishable", cb=answer)
    await connection.flush()
    yield answers
    await connection.close()


@pytest.fixture
def weights(served):
    (served / "model.onnx").write_bytes(tiny_onnx())
    (served / "checkpoint.pt").write_bytes(b"weights")
    return served


async def settled(caller, model_id: int) -> dict:
    async def row():
        found = await caller.ask(c.GetBaseModel(model_id=model_id), ADMIN)
        return found if found["status"] != "registering" else None

    return await eventually(row, 60)


@pytest_asyncio.fixture
async def registered(caller, working, weights, stac, storage, files_port):
    """A new base model, active."""
    verdict = await caller.send(c.RegisterBaseModel(stac_item=base_item(files_port), category="buildings"), ADMIN)
    assert (verdict.http, verdict.result["status"]) == (202, "registering")
    return await settled(caller, verdict.result["id"])
