"""Topics of event streams: who may hear them, for how long, and what is replayed."""

import json
from uuid import uuid4

import httpx
import pytest
from conftest import Owners
from test_streaming_events import Stream, completed, listening

from contracts.catalog import datasets as d
from contracts.catalog.areas import AoiChanged, AoiCreated
from contracts.catalog.labels import LabelChanged
from contracts.catalog.package_jobs import GetPackageJob, PackageProgress
from contracts.verdict import Kind, Refused
from gateway.streaming.frames import personal_subjects, public_subjects
from gateway.streaming.hub import Hub
from gateway.streaming.topics import MOST
from kit.testing import Caller

HIDDEN = Refused(kind=Kind.NOT_FOUND, code="dataset_not_found", detail="There is no such dataset.")


@pytest.fixture
def seen(owners: Owners) -> set[int]:
    """The datasets that everybody may see."""
    datasets = {12, 13}
    owners.answer(d.GetDataset, lambda query: {} if query["dataset_id"] in datasets else HIDDEN)
    return datasets


def listening_to(http: httpx.AsyncClient, headers: dict[str, str], *topics: str):
    return listening(http, headers, ",".join(topics))


def changed(dataset: int, visibility: str = "private") -> d.DatasetChanged:
    return d.DatasetChanged.model_validate(
        {"dataset_id": dataset, "stac_id": "s", "user_id": 7, "title": "t", "visibility": visibility}
    )


async def heard(stream: Stream) -> tuple[str, dict]:
    frame = await stream.frame()
    assert frame
    return frame["event"], json.loads(frame["data"])


async def test_areas_and_labels_of_a_dataset_are_heard_by_who_asks(http, caller: Caller, stranger, seen):
    async with listening_to(http, stranger, "dataset:12") as stream, listening(http, stranger) as other:
        await caller.publish(AoiCreated(aoi_id=1, user_id=7, dataset=13))
        await caller.publish(AoiCreated(aoi_id=2, user_id=7, dataset=12))
        await caller.publish(LabelChanged(label_id=3, aoi_id=2, user_id=7, dataset=12))
        await caller.publish(AoiChanged(aoi_id=2, user_id=7, dataset=13, dataset_before=12))
        await caller.publish(completed(4, user_id=8))
        assert await heard(stream) == ("catalog.v1.aoi_created", {"aoi_id": 2, "user_id": 7, "dataset": 12})
        assert (await heard(stream))[0] == "catalog.v1.label_changed"
        assert (await heard(stream))[1]["dataset_before"] == 12
        assert (await heard(stream))[1]["training_id"] == 4
        assert (await heard(other))[1]["training_id"] == 4


def test_changes_of_areas_and_labels_are_fetched_only_for_topics():
    assert "evt.catalog.v1.aoi_created" in public_subjects()
    assert "evt.catalog.v1.aoi_created" not in personal_subjects()
    assert "evt.training.v1.training_completed" in personal_subjects()


async def test_a_stream_without_topics_starts_no_feed_of_topics(running):
    hub = Hub()
    with hub.subscribe(7) as subscriber:
        await hub.consume_for(subscriber, running.bus)
        assert not hub.topical.is_running
    with hub.subscribe(7, frozenset({"dataset:1"})) as subscriber:
        await hub.consume_for(subscriber, running.bus)
        assert hub.topical.is_running


async def test_what_one_may_not_see_one_may_not_hear(http, running, stranger, seen, problem):
    response = await http.get("/api/v1/events/", params={"topics": "dataset:12,dataset:99"}, headers=stranger)
    problem(response, 404)
    assert not running.context.hub.readers
    assert 8 not in running.context.hub.subscribers


async def test_who_may_see_it_no_longer_hears_no_more(http, caller: Caller, owners, stranger, seen):
    async with listening_to(http, stranger, "dataset:12", "dataset:13") as stream:
        seen.remove(12)
        await caller.publish(changed(12))
        await caller.publish(AoiCreated(aoi_id=5, user_id=7, dataset=12))
        await caller.publish(AoiCreated(aoi_id=6, user_id=7, dataset=13))
        assert await heard(stream) == ("topic_ended", {"topic": "dataset:12"})
        assert (await heard(stream))[1]["aoi_id"] == 6
    assert owners.last(d.GetDataset)["dataset_id"] == 12


async def test_who_still_may_see_it_hears_the_change(http, caller: Caller, stranger, seen):
    async with listening_to(http, stranger, "dataset:12") as stream:
        await caller.publish(changed(12, "public"))
        assert (await heard(stream))[0] == "catalog.v1.dataset_changed"


async def test_a_stream_ends_when_nobody_can_say_whether_it_may_go_on(http, caller: Caller, owners, stranger, seen):
    async with listening_to(http, stranger, "dataset:12") as stream:
        owners.queries.clear()
        await caller.publish(changed(12))
        assert await stream.frame() is None


async def test_missed_events_of_a_topic_are_replayed(http, caller: Caller, stranger, seen):
    async with listening_to(http, stranger, "dataset:12") as first:
        await caller.publish(AoiCreated(aoi_id=10, user_id=7, dataset=12))
        frame = await first.frame()
        assert frame
    for aoi, dataset in ((11, 12), (12, 13), (13, 12)):
        await caller.publish(AoiCreated(aoi_id=aoi, user_id=7, dataset=dataset))
    async with listening_to(http, stranger | {"last-event-id": frame["id"]}, "dataset:12") as again:
        assert [(await heard(again))[1]["aoi_id"] for _ in range(2)] == [11, 13]


@pytest.mark.parametrize(
    "topics",
    ["dataset", "dataset:x", "user:7", "dataset:12345678901", ",".join(f"dataset:{n}" for n in range(MOST + 1))],
)
async def test_no_topic_or_too_many_are_refused(http, stranger, seen, problem, topics: str):
    problem(await http.get("/api/v1/events/", params={"topics": topics}, headers=stranger), 400)


def test_nothing_is_left_of_a_closed_stream():
    hub = Hub()
    with hub.subscribe(7, frozenset({"dataset:1", "dataset:2"})) as subscriber:
        hub.leave(subscriber, "dataset:1")
        assert set(hub.readers) == {"dataset:2"}
    assert not hub.readers
    assert not hub.subscribers


async def test_a_job_of_packages_is_heard_by_who_asks_for_it(http, running, owners, stranger):
    number, other = uuid4(), uuid4()
    owners.answer(GetPackageJob, lambda query: {} if query["job_id"] == str(number) else HIDDEN)
    unknown = await http.get("/api/v1/events/", params={"topics": f"package_job:{other}"}, headers=stranger)
    assert unknown.status_code == 404
    async with listening_to(http, stranger, f"package_job:{number}") as stream:
        for job, percent in ((other, 1), (number, 40)):
            progress = PackageProgress(
                job_id=job, user_id=7, percent=percent, processor="a.b", task_percent=1, stage="cropping source"
            )
            await running.bus.publish_live(progress)
        assert (await heard(stream))[1]["percent"] == 40
