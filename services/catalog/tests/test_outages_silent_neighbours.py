"""A STAC API and an object store that accept connections and never answer cost whoever needs them, and nobody else."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from catalog.stac.client import StacClient
from catalog.stac.item_cache import ItemCache
from contracts.catalog.areas import ListAois
from contracts.catalog.datasets import ListDatasets
from contracts.catalog.files import HeadArtifact
from contracts.catalog.models import GetBaseModel, ListBaseModels
from contracts.shared import ANONYMOUS, Page
from contracts.streams import CONSUMER_GROUPS
from kit.app import Service
from kit.errors import Unavailable
from kit.storage.object_storage import Storage
from kit.testing import Caller, eventually
from stack.line import SilentServer, silent_server

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("running"), pytest.mark.timeout(180)]
WAIT, FILE_WAIT = 2.0, 5.0
"""Seconds that the gateway waits for an answer, and for one about files."""
MEASURED = 10.0
IN_BACKGROUND = CONSUMER_GROUPS["effects"].batch + CONSUMER_GROUPS["reactions"].batch
"""Calls of STAC that no reader waits for."""
READS = (ListAois(page=Page()), ListDatasets(page=Page()), ListBaseModels(page=Page()))


@pytest_asyncio.fixture
async def silent(stac: StacClient, storage: Storage, running: Service, monkeypatch) -> AsyncIterator[SilentServer]:
    """Both neighbours, and nothing is remembered of what they said before."""
    facets = next(one for one in running.provides if isinstance(one, ItemCache))
    async with silent_server() as server:
        monkeypatch.setattr(stac, "root", server.url)
        monkeypatch.setattr(facets, "_kept", {})
        fresh = Storage(storage.settings.model_copy(update={"endpoint": server.url}))
        before = dict(vars(storage))
        vars(storage).clear()
        vars(storage).update(vars(fresh))
        yield server
        vars(storage).clear()
        vars(storage).update(before)


@pytest_asyncio.fixture
async def built(mapping, running: Service) -> int:
    """A public dataset whose list entry names addresses of the store."""
    dataset_id = await mapping.draft("public")
    async with running.db.raw() as connection:
        await connection.execute("update datasets set status = 'built' where id = %s", (dataset_id,))
    return dataset_id


async def refused(caller: Caller, query: Any, wait: float) -> None:
    with pytest.raises(Unavailable):
        await caller.bus.ask(query, ANONYMOUS, wait)


async def steady(caller: Caller, took: list[float], end: float) -> None:
    """One read after the other, as fast as they are answered, until `end` of the monotonic clock."""
    while time.monotonic() < end:
        for read in READS:
            started = time.monotonic()
            try:
                await caller.bus.ask(read, ANONYMOUS, WAIT)
            finally:
                took.append(time.monotonic() - started)


async def test_other_reads_stay_fast_while_stac_and_the_store_are_silent(
    registered, built, caller: Caller, storage: Storage, silent: SilentServer
):
    expanded = GetBaseModel(model_id=registered["id"], expand=True)
    head = HeadArtifact(bucket=storage.settings.bucket or "", key=f"{storage.prefix}zenml/datasets/x/y")
    took: list[float] = []
    reading = asyncio.create_task(steady(caller, took, time.monotonic() + MEASURED))
    asked = [asyncio.create_task(refused(caller, expanded, WAIT)) for _ in range(80)]
    asked += [asyncio.create_task(refused(caller, head, FILE_WAIT)) for _ in range(12)]
    await asyncio.gather(reading, *asked)
    assert len(took) > 20
    assert sorted(took)[int(len(took) * 0.99)] < 1
    await eventually(lambda: len(silent.open) <= IN_BACKGROUND, 2)
