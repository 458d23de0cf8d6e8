"""Builds and registrations while a neighbour is away, when a worker is slow, and when their job is gone."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from stac_fixtures import settled

from catalog.datasets.build.context import BuildContext
from catalog.datasets.build.job import build, note_wait
from catalog.datasets.build.progress import claimed
from catalog.datasets.build.stale_builds import build_reaper
from catalog.datasets.build.usecases import CANCELLED
from catalog.datasets.tables import DatasetRow
from catalog.models.jobs.claim import claim as claim_registration
from catalog.models.jobs.stale_registrations import registration_reaper
from catalog.models.tables import BaseModelRow
from catalog.shared.job_claim import claim
from contracts.catalog.datasets import CancelBuild, DatasetBuildJob, RebuildDataset
from contracts.catalog.models import BaseModelRegistrationJob
from kit.errors import Unavailable
from kit.jobs.context import MAX_ATTEMPTS, JobContext
from kit.jobs.heartbeats import HEARTBEAT_TIMEOUT, HeldElsewhere, Superseded, while_beating
from kit.jobs.reaper import no_job_waits
from kit.messaging.envelope import headers_of, new_id, opened
from kit.settings import StorageSettings
from kit.storage.object_storage import Storage
from kit.testing import MAPPER, STRANGER, eventually

pytestmark = [pytest.mark.usefixtures("stac"), pytest.mark.timeout(300)]
LONG_AGO = timedelta(hours=2)


@pytest.fixture
async def dataset(builder, running) -> int:
    """Its build has ended; a row to be put into any state."""
    row = await builder.ask(builder.part(0, 0.2))
    await builder.ended(row["id"])
    return row["id"]


@pytest.fixture
def context(running):
    def of(job: Any, delivery: int = 1) -> JobContext:
        envelope = opened(job.model_dump_json().encode(), headers_of(job, "catalog", MAPPER, new_id()))
        return JobContext(envelope, running.db, running.bus, running.relay, "catalog", delivery)

    return of


async def edit(running, kind: type, row_id: int, **values: Any) -> Any:
    async with running.db.session() as session, session.begin():
        row = await session.get_one(kind, row_id)
        for name, value in values.items():
            setattr(row, name, value)
        return row


@pytest.fixture
def tools(running) -> BuildContext:
    return next(adapter for adapter in running.provides if isinstance(adapter, BuildContext))


def without_store(tools: BuildContext) -> BuildContext:
    away = {name: getattr(tools.storage.settings, name) for name in StorageSettings.model_fields}
    settings = StorageSettings.model_construct(**away | {"endpoint": "http://127.0.0.1:9"})
    return BuildContext(tools.outbound, Storage(settings), tools.stac, tools.osm, tools.max_tiles, 1.0)


async def test_outage_of_the_store_costs_a_build_no_attempt(working, running, builder, dataset, tools, context):
    row = await edit(running, DatasetRow, dataset, status="building", delivery=0, beat_at=None)
    job = DatasetBuildJob(dataset_id=dataset, user_id=7, build=row.build)
    for delivery in (MAX_ATTEMPTS, MAX_ATTEMPTS + 1):
        with pytest.raises(Unavailable):
            await build(job, context(job, delivery), without_store(tools))
        shown = await builder.row(dataset)
        assert (shown["status"], shown["error"]) == ("building", "")
        assert "object store is not reachable" in shown["waiting"]["reason"]
    await note_wait(job, context(job, MAX_ATTEMPTS + 1), "The catalogue is away.")
    later = await builder.row(dataset)
    assert later["waiting"] == {"reason": "The catalogue is away.", "since": shown["waiting"]["since"]}
    await build(job, context(job, MAX_ATTEMPTS + 2), tools)
    built = await builder.row(dataset)
    assert (built["status"], built["waiting"]) == ("built", None)


async def test_a_living_worker_is_not_doubled(working, running, dataset, context):
    row = await edit(running, DatasetRow, dataset, status="building", delivery=0, beat_at=None)
    job = DatasetBuildJob(dataset_id=dataset, user_id=7, build=row.build)
    held = await claim(job.dataset_id, claimed(job.build), context(job, 1))
    assert held
    with pytest.raises(HeldElsewhere):
        await claim(job.dataset_id, claimed(job.build), context(job, 2))
    assert await held.beat()
    await edit(running, DatasetRow, dataset, beat_at=datetime.now(UTC) - 2 * HEARTBEAT_TIMEOUT)
    assert await claim(job.dataset_id, claimed(job.build), context(job, 2))
    assert not await held.beat(), "the older one is fenced off"
    await edit(running, DatasetRow, dataset, status="built")


async def test_build_whose_job_is_gone_is_begun_anew(working, running, builder, dataset):
    before = await edit(running, DatasetRow, dataset, status="building", beat_at=datetime.now(UTC) - LONG_AGO)
    builds = build_reaper(1200)
    assert await builds.look(running) == 0, "one look may come right after an outage of the database"
    builds.silence.apart = 0
    await eventually(lambda: no_job_waits(running, "bulk"), 60)
    assert await builds.look(running) == 1
    assert (await builder.ended(dataset))["error"] == ""
    after = await edit(running, DatasetRow, dataset)
    assert after.build == before.build + 1


async def test_whoever_gives_a_sign_between_two_looks_is_left_alone(working, running, dataset):
    await edit(running, DatasetRow, dataset, status="building", beat_at=datetime.now(UTC) - LONG_AGO)
    builds = build_reaper(1200)
    builds.silence.apart = 0
    signs = await builds.silent(running)
    await edit(running, DatasetRow, dataset, beat_at=datetime.now(UTC))
    async with running.tx() as tx:
        assert [await builds.revive(sign, tx) for sign in signs if sign[0] == dataset] == [False]
    await edit(running, DatasetRow, dataset, status="built")


async def test_a_build_is_cancelled_by_its_owner_and_its_worker_stops(working, running, builder, dataset, context):
    row = await edit(running, DatasetRow, dataset, status="building", delivery=0, beat_at=None)
    job = DatasetBuildJob(dataset_id=dataset, user_id=7, build=row.build)
    held = await claim(job.dataset_id, claimed(job.build), context(job))
    assert held
    refused = await builder.caller.send(CancelBuild(dataset_id=dataset), STRANGER)
    assert refused.kind in ("not_found", "forbidden")
    done = await builder.caller.send(CancelBuild(dataset_id=dataset))
    assert (done.result["status"], done.result["error"]) == ("failed", CANCELLED)
    with pytest.raises(Superseded):
        async with asyncio.timeout(20):
            await while_beating(asyncio.sleep(3600), held.beat)
    assert (await builder.caller.send(CancelBuild(dataset_id=dataset))).code == "not_building"
    await builder.caller.send(RebuildDataset(dataset_id=dataset))
    assert (await builder.ended(dataset))["status"] == "built"


async def test_only_a_living_build_stands_in_the_way_of_another(working, running, builder, dataset):
    await edit(running, DatasetRow, dataset, status="building", beat_at=datetime.now(UTC))
    assert (await builder.caller.send(RebuildDataset(dataset_id=dataset))).code == "build_under_way"
    await edit(running, DatasetRow, dataset, beat_at=datetime.now(UTC) - LONG_AGO)
    assert (await builder.caller.send(RebuildDataset(dataset_id=dataset))).status == "accepted"
    assert (await builder.ended(dataset))["status"] == "built"


async def test_registration_whose_job_is_gone_is_begun_anew(working, running, registered, caller, context):
    row = await edit(running, BaseModelRow, registered["id"], status="registering", beat_at=datetime.now(UTC))
    job = BaseModelRegistrationJob(model_id=row.id, user_id=1, generation=row.generation)
    with pytest.raises(HeldElsewhere):
        await claim_registration(job, context(job, 2))
    await edit(running, BaseModelRow, row.id, beat_at=datetime.now(UTC) - LONG_AGO)
    registrations = registration_reaper(1200)
    registrations.silence.apart = 0
    await eventually(lambda: no_job_waits(running, "interactive"), 60)
    assert await registrations.look(running) == 1
    assert (await settled(caller, row.id))["status"] == "active"
    assert (await edit(running, BaseModelRow, row.id)).generation == row.generation + 1
