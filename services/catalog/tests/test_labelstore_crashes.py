"""Ingest and export stop at each of their failpoints and run again: no half set, no half dataset, and twice is once."""

from typing import Any

import pytest
from labelstore_things import LabelStore, box, picture
from sqlalchemy import func, select, update

from catalog.labelstore.campaigns.tables import CampaignRow
from catalog.labelstore.datasets.jobs.make_version import make_version
from catalog.labelstore.datasets.tables import LabelDatasetRow
from catalog.labelstore.files import LabelFiles
from catalog.labelstore.image_sets.jobs.ingest import ingest
from catalog.labelstore.image_sets.tables import ImageSetRow
from catalog.labelstore.images.tables import ImageRow, TotalRow
from catalog.stac.client import StacClient
from contracts.catalog import label_datasets as c
from contracts.catalog.label_image_sets import GetImageSet, IngestImageSetJob
from kit.app import Service
from kit.errors import Unavailable
from kit.jobs.context import JobContext
from kit.messaging.envelope import headers_of, new_id, opened
from kit.storage.object_storage import Storage
from kit.testing import ADMIN

pytestmark = pytest.mark.usefixtures("stac")


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.fixture
def files(running: Service) -> LabelFiles:
    return next(one for one in running.provides if isinstance(one, LabelFiles))


def context(running: Service, job: Any, delivery: int = 1) -> JobContext:
    envelope = opened(job.model_dump_json().encode(), headers_of(job, "catalog", ADMIN, new_id()))
    return JobContext(envelope, running.db, running.bus, running.relay, "catalog", delivery)


async def edit(running: Service, kind: Any, row_id: int, **values: Any) -> None:
    async with running.db.session() as session, session.begin():
        await session.execute(update(kind).where(kind.id == row_id).values(**values))


async def value(running: Service, wanted: Any) -> Any:
    async with running.db.session() as session:
        return await session.scalar(wanted)


@pytest.fixture
def kill(monkeypatch: pytest.MonkeyPatch):
    def at(point: str) -> None:
        def reached(name: str) -> None:
            if name == point:
                raise Killed

        monkeypatch.setattr("kit.failpoints.reach", reached)

    return at


async def waiting_set(labels: LabelStore, running: Service, names: list[str]) -> IngestImageSetJob:
    """A finished set whose job nobody takes."""
    row = await labels.image_set({name: picture(len(name)) for name in names})
    queued = {"status": "finished", "date_finished": func.now(), "ingest_state": "queued", "ingest_run": 1}
    await edit(running, ImageSetRow, row["imageset_id"], **queued)
    return IngestImageSetJob(imageset_id=row["imageset_id"])


@pytest.mark.parametrize("point", ["ingest.listed", "ingest.copied", "ingest.registered"])
async def test_an_ingest_that_died_is_done_once(
    point: str, labels: LabelStore, running: Service, files: LabelFiles, storage: Storage, kill
):  # fmt: skip
    job = await waiting_set(labels, running, ["a.png", "bb.png"])
    mine = select(func.count()).where(ImageRow.imageset_id == job.imageset_id)
    kill(point)
    with pytest.raises(Killed):
        await ingest(job, context(running, job), files)
    row = await labels.ask(GetImageSet(imageset_id=job.imageset_id))
    is_done = point == "ingest.registered"
    assert (row["ingest"]["state"] == "done", await value(running, mine)) == (is_done, 2 if is_done else 0)
    assert len(await storage.keys(f"dropbox/{row['title']}/")) == 2
    kill("")
    for delivery in (2, 3):
        await ingest(job, context(running, job, delivery), files)
        row = await labels.ask(GetImageSet(imageset_id=job.imageset_id))
        assert (row["ingest"]["state"], row["ingest"]["files_registered"], await value(running, mine)) == ("done", 2, 2)
    assert await storage.keys(f"dropbox/{row['title']}/") == []
    total = await value(running, select(TotalRow.value).where(TotalRow.name == "images"))
    assert total == await value(running, select(func.count()).select_from(ImageRow))


async def test_an_ingest_fails_after_its_attempts(
    labels: LabelStore, running: Service, files: LabelFiles, monkeypatch: pytest.MonkeyPatch
):  # fmt: skip
    job = await waiting_set(labels, running, ["a.png"])
    tried = []

    async def away(*_: Any) -> Any:
        tried.append(1)
        raise Unavailable("storage_unavailable", "The object store is not reachable.")

    monkeypatch.setattr(files.storage, "copy", away)
    monkeypatch.setattr(files.settings, "label_pause", 0.001)
    await ingest(job, context(running, job), files)
    row = await labels.ask(GetImageSet(imageset_id=job.imageset_id))
    assert (len(tried), row["ingest"]["state"], row["status"]) == (5, "failed", "finished")
    assert "not reachable" in row["ingest"]["error"]
    assert row["blobstorage_path"].endswith(f"dropbox/{row['title']}")
    assert await value(running, select(func.count()).where(ImageRow.imageset_id == job.imageset_id)) == 0


async def waiting_version(
    labels: LabelStore, running: Service, files: LabelFiles
) -> tuple[c.MakeLabelDatasetJob, dict[str, Any]]:  # fmt: skip
    """A dataset version whose job nobody takes."""
    job = await waiting_set(labels, running, ["c.png", "dd.png"])
    await ingest(job, context(running, job), files)
    ids = [int(one) for one in await _ids(running, job.imageset_id)]
    number, party = await labels.campaign(ids)
    await labels.done(labels.submission(number, {ids[0]: [box()], ids[1]: []}), party)
    await edit(running, CampaignRow, number, status="finished", date_finished=func.now())
    async with running.db.session() as session, session.begin():
        campaign = await session.get_one(CampaignRow, number)
        row = LabelDatasetRow(
            campaign_id=number, title=campaign.title, version=1, uri=files.storage.uri(files.dataset(campaign.title, 1))
        )  # fmt: skip
        session.add(row)
        await session.flush()
        return c.MakeLabelDatasetJob(dataset_id=row.id), {"title": campaign.title, "uri": row.uri}


async def _ids(running: Service, imageset_id: int) -> list[int]:
    async with running.db.session() as session:
        found = select(ImageRow.id).where(ImageRow.imageset_id == imageset_id).order_by(ImageRow.id)
        return list((await session.scalars(found)).all())


@pytest.mark.parametrize("point", ["export.planned", "export.copied", "export.uploaded", "export.registered"])
async def test_an_export_that_died_is_done_once(
    point: str, labels: LabelStore, running: Service, files: LabelFiles, storage: Storage, stac: StacClient, kill
):  # fmt: skip
    job, about = await waiting_version(labels, running, files)
    prefix = storage.key_of(about["uri"])
    kill(point)
    with pytest.raises(Killed):
        await make_version(job, context(running, job), files, stac)
    row = await labels.ask(c.GetLabelDataset(dataset_id=job.dataset_id))
    assert (row["state"] == "done") == (point == "export.registered")
    is_whole = point in ("export.uploaded", "export.registered")
    assert (f"{prefix}manifest.json" in await storage.keys(prefix)) == is_whole
    kill("")
    for delivery in (2, 3):
        await make_version(job, context(running, job, delivery), files, stac)
    row = await labels.ask(c.GetLabelDataset(dataset_id=job.dataset_id))
    assert (row["state"], row["image_count"], row["object_count"]) == ("done", 2, 1)
    item = await stac.get("label-datasets", f"{about['title']}-v1")
    assert item
    assert item["properties"]["labelstore:manifest_sha256"] == row["manifest_sha256"]
    assert len([key for key in await storage.keys(prefix) if "/images/" in key]) == 2
