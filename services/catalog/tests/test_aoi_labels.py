"""Labels through the doors of the catalog, fetched from the sandbox of the Raw Data API."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import orjson
import pytest
import shapely

from catalog.aoi_labels.context import LabelContext
from catalog.aoi_labels.jobs.fetch import fetch
from catalog.aoi_labels.stale_jobs import SILENCE, label_reaper
from catalog.areas.tables import AoiRow
from contracts.catalog import labels as c
from contracts.catalog.areas import ChangeAoi, DeleteAoi, GetAoi, ListAois
from contracts.shared import ANONYMOUS, Page
from kit.errors import Invalid, NotFound
from kit.jobs.context import JobContext
from kit.messaging.envelope import headers_of, new_id, opened
from kit.testing import ADMIN, MAPPER, STRANGER, Caller, eventually
from osm.raw_data import RawData, RawDataError

pytestmark = pytest.mark.usefixtures("running")
TAGS = {"building": "yes"}


def square(west: float = 85.511, side: float = 0.001) -> dict[str, Any]:
    return orjson.loads(shapely.to_geojson(shapely.box(west, 27.621, west + side, 27.622)))


def feature(geometry: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


async def labels(caller: Caller, actor=MAPPER, **filters: Any) -> list[dict[str, Any]]:
    return (await caller.ask(c.ListLabels(**filters), actor))["results"]


async def state(caller: Caller, aoi_id: int) -> dict[str, Any]:
    return (await caller.ask(GetAoi(aoi_id=aoi_id)))["properties"]


async def ended(caller: Caller, aoi_id: int, limit: float = 60) -> dict[str, Any]:
    async def there() -> dict[str, Any] | None:
        now = await state(caller, aoi_id)
        return now if now["label_status"] else None

    return await eventually(there, limit)


@pytest.mark.spec("22.2", "POST /label/, GET /label/{id}/, upsert, id, aoi, osm_id, tags, created_at")
async def test_the_same_shape_in_the_same_area_changes_the_label(caller: Caller, mapping):
    aoi_id = await mapping.aoi()
    first = await caller.send(c.CreateLabel(aoi_id=aoi_id, geometry=square(), osm_id=5))
    turned = {"type": "Polygon", "coordinates": [square()["coordinates"][0][::-1]]}
    second = await caller.send(c.CreateLabel(aoi_id=aoi_id, geometry=turned, tags=TAGS))
    assert (first.http, second.http, second.result["id"]) == (201, 200, first.result["id"])
    [row] = await labels(caller, aoi=aoi_id)
    assert row == await caller.ask(c.GetLabel(label_id=row["id"]))
    assert (row["type"], row["id"]) == ("Feature", first.result["id"])
    assert datetime.now(UTC) - datetime.fromisoformat(row["properties"]["created_at"]) < timedelta(minutes=1)
    assert first.result["properties"]["osm_id"] == 5
    assert (row["properties"]["aoi"], row["properties"]["osm_id"], row["properties"]["tags"]) == (aoi_id, None, TAGS)
    elsewhere = await caller.send(c.CreateLabel(aoi_id=await mapping.aoi(), geometry=square()))
    assert elsewhere.http == 201


@pytest.mark.spec("22.2", "geom")
@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Point", "coordinates": [85.511, 27.621]},
        {"type": "LineString", "coordinates": [[85.511, 27.621], [85.512, 27.622]]},
        {"type": "MultiPolygon", "coordinates": [square()["coordinates"]]},
    ],
)
async def test_a_label_has_any_geometry(caller: Caller, mapping, geometry):
    aoi_id = await mapping.aoi()
    await caller.send(c.CreateLabel(aoi_id=aoi_id, geometry=geometry))
    assert [row["geometry"] for row in await labels(caller, aoi=aoi_id)] == [geometry]


@pytest.mark.spec("22.2", "unknown AOI, POST /label/")
async def test_bad_labels_are_refused_at_their_field(caller: Caller, mapping):
    aoi_id = await mapping.aoi()
    for change, field in (
        ({"geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 0]]]}}, "geometry"),
        ({"aoi_id": 987_654}, "aoi"), ({"tags": {"a": {}}}, "tags"), ({"osm_id": 2**63}, "osm_id"),
    ):  # fmt: skip
        verdict = await caller.send(c.CreateLabel(**({"aoi_id": aoi_id, "geometry": square()} | change)))
        assert (verdict.kind, field in verdict.facts) == ("invalid", True)
    assert await labels(caller, aoi=aoi_id) == []


async def test_labels_are_changed_and_deleted_by_whoever_may_change_the_area(caller: Caller, mapping):
    aoi_id = await mapping.aoi(dataset=await mapping.draft("public"))
    label_id = (await caller.send(c.CreateLabel(aoi_id=aoi_id, geometry=square(), tags=TAGS, osm_id=5))).result["id"]
    change = c.ChangeLabel(label_id=label_id, given=["geometry", "osm_id"], geometry=square(85.52))
    assert (await caller.send(change, STRANGER)).code == "not_yours"
    assert (await caller.send(c.CreateLabel(aoi_id=aoi_id, geometry=square()), STRANGER)).code == "not_yours"
    changed = (await caller.send(change, ADMIN)).result
    assert (changed["geometry"]["coordinates"][0][0][0], changed["properties"]["tags"]) == (
        pytest.approx(85.52, abs=2e-3), TAGS,
    )  # fmt: skip
    assert changed["properties"]["osm_id"] is None
    other = (await caller.send(c.CreateLabel(aoi_id=aoi_id, geometry=square()))).result["id"]
    clash = await caller.send(c.ChangeLabel(label_id=other, given=["geometry"], geometry=square(85.52)))
    assert clash.kind == "conflict"
    assert (await caller.send(c.DeleteLabel(label_id=label_id), STRANGER)).code == "not_yours"
    assert (await caller.send(c.DeleteLabel(label_id=label_id))).http == 204
    with pytest.raises(NotFound):
        await caller.ask(c.GetLabel(label_id=label_id))
    assert (await caller.send(c.DeleteLabel(label_id=label_id))).code == "label_not_found"


async def test_labels_are_seen_by_whoever_sees_the_area(caller: Caller, mapping):
    hidden, open_ = await mapping.aoi(), await mapping.aoi(dataset=await mapping.draft("public"))
    ids = [(await caller.send(c.CreateLabel(aoi_id=a, geometry=square()))).result["id"] for a in (hidden, open_)]
    for actor, seen in ((STRANGER, ids[1:]), (ANONYMOUS, ids[1:]), (ADMIN, ids)):
        found = [row["id"] for a in (hidden, open_) for row in await labels(caller, actor, aoi=a)]
        assert found == seen
    with pytest.raises(NotFound):
        await caller.ask(c.GetLabel(label_id=ids[0]), STRANGER)
    for command in (c.DeleteLabel(label_id=ids[0]), c.ChangeLabel(label_id=ids[0], given=["tags"])):
        assert (await caller.send(command, STRANGER)).code == "label_not_found"


@pytest.mark.spec("22.2", "filter aoi, filter aoi__dataset, filter in_bbox, filter tile")
@pytest.mark.spec("25", "197")
async def test_filters_keep_strictly_what_was_asked_for(caller: Caller, mapping):
    dataset = await mapping.draft()
    mine, other = await mapping.aoi(dataset=dataset), await mapping.aoi()
    for aoi_id, west in ((mine, 85.511), (mine, 85.515), (other, 85.511)):
        await caller.send(c.CreateLabel(aoi_id=aoi_id, geometry=square(west)))
    assert {row["properties"]["aoi"] for row in await labels(caller, dataset=dataset)} == {mine}
    west, east = await labels(caller, aoi=mine)
    touching = Page(in_bbox=(85.512, 27.0, 85.513, 28.0))
    assert await labels(caller, aoi=mine, page=touching) == [west]
    assert await labels(caller, aoi=mine, tile=(19, *tile_of(85.5155, 27.6215, 19))) == [east]
    assert await labels(caller, aoi=0) == []
    for unknown in ({"aoi": 987_654}, {"dataset": 987_654}):
        with pytest.raises(Invalid):
            await labels(caller, **unknown)


def tile_of(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    import morecantile

    tile = morecantile.tms.get("WebMercatorQuad").tile(lon, lat, zoom)
    return tile.x, tile.y


async def test_pages_follow_the_id_and_the_count_is_of_all(working, caller: Caller, mapping):
    aoi_id = await mapping.aoi()
    await uploaded(caller, aoi_id, [feature(square(85.511 + n * 1e-3)) for n in range(5)])
    whole = await labels(caller, aoi=aoi_id)
    first = await caller.ask(c.ListLabels(aoi=aoi_id, page=Page(limit=2, offset=1)))
    rest = await caller.ask(c.ListLabels(aoi=aoi_id, after=first["results"][-1]["id"]))
    assert (first["count"], first["results"] + rest["results"]) == (5, whole[1:])


async def test_an_answer_ends_before_it_outgrows_the_bus(working, caller: Caller, mapping, monkeypatch):
    monkeypatch.setattr("catalog.shared.json_page.MAX_CHARACTERS", 700)
    aoi_id = await mapping.aoi()
    await uploaded(caller, aoi_id, [feature(square(85.511 + n * 1e-3)) for n in range(5)])
    seen: list[int] = []
    while found := await labels(caller, aoi=aoi_id, after=seen[-1] if seen else 0):
        assert 0 < len(found) < 5
        seen += [row["id"] for row in found]
    assert len(set(seen)) == 5


async def uploaded(caller: Caller, aoi_id: int, features: list[dict[str, Any]]) -> dict[str, Any]:
    verdict = await caller.send(c.UploadLabels(aoi_id=aoi_id, upload=uuid4().hex, part=0, parts=1, features=features))
    assert (verdict.http, verdict.result["properties"]["label_status"]) == (202, 0)
    return await ended(caller, aoi_id)


@pytest.mark.spec(
    "22.2", "POST /label/upload/{aoi_id}/, upload adds, invalid features skipped, label_status, label_fetched"
)
async def test_an_upload_adds_to_what_is_there_and_leaves_out_what_is_wrong(working, caller: Caller, mapping):
    aoi_id = await mapping.aoi()
    assert (await state(caller, aoi_id))["label_status"] == -1
    await caller.send(c.CreateLabel(aoi_id=aoi_id, geometry=square(85.519)))
    broken = feature({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]})
    done = await uploaded(caller, aoi_id, [feature(square(), osm_id=7, tags=TAGS), broken, {"type": "Nothing"}])
    assert (done["label_status"], done["label_count"], done["label_error"]) == (1, 2, "")
    assert datetime.now(UTC) - datetime.fromisoformat(done["label_fetched"]) < timedelta(minutes=1)
    again = await uploaded(caller, aoi_id, [feature(square(), osm_id=8)])
    assert again["label_count"] == 2
    assert [row["properties"]["osm_id"] for row in await labels(caller, aoi=aoi_id)] == [None, 8]


async def test_a_file_in_parts_is_added_when_the_last_one_is_there(working, caller: Caller, mapping):
    aoi_id, name = await mapping.aoi(), uuid4().hex
    for number in (2, 0):
        part = c.UploadLabels(
            aoi_id=aoi_id, upload=name, part=number, parts=3, features=[feature(square(85.511 + number * 1e-3))]
        )
        for _ in range(2):
            assert (await caller.send(part)).http == 202
    assert (await state(caller, aoi_id))["label_status"] == 0
    await caller.send(c.UploadLabels(aoi_id=aoi_id, upload=name, part=1, parts=3, features=[feature(square(85.512))]))
    assert (await ended(caller, aoi_id))["label_count"] == 3


@pytest.mark.spec("22.2", "upload checks")
async def test_a_file_without_any_label_changes_nothing_and_says_why(caller: Caller, mapping):
    aoi_id = await mapping.aoi()
    outside = feature({"type": "Point", "coordinates": [181, 0]})
    verdict = await caller.send(
        c.UploadLabels(aoi_id=aoi_id, upload="x", part=0, parts=1, features=[{"type": "Nothing"}, outside])
    )
    assert verdict.code == "no_usable_feature"
    assert "This is no GeoJSON Feature: feature 1. Longitudes lie within" in verdict.detail
    assert (await state(caller, aoi_id))["label_status"] == -1
    assert (
        await caller.send(c.UploadLabels(aoi_id=aoi_id, upload="x", part=0, parts=1, features=[]), STRANGER)
    ).code == ("aoi_not_found")


async def fetched(caller: Caller, aoi_id: int, **more: Any) -> dict[str, Any]:
    verdict = await caller.send(c.FetchLabels(aoi_id=aoi_id, **more))
    assert (verdict.http, verdict.result["properties"]["label_status"]) == (202, 0)
    return await ended(caller, aoi_id)


@pytest.mark.spec("22.2", "POST /label/osm/fetch/{aoi_id}/, fetch replaces")
@pytest.mark.spec("25", "9")
async def test_a_fetch_replaces_what_was_there_and_can_be_repeated(running, working, caller: Caller, mapping, place):
    hints: list[c.LabelProgress] = []
    facts: list[c.LabelsStored] = []

    async def hint(msg) -> None:
        hints.append(c.LabelProgress.model_validate_json(msg.data))

    async def fact(msg) -> None:
        facts.append(c.LabelsStored.model_validate_json(msg.data))

    aoi_id = await mapping.aoi(shapely.geometry.mapping(place))
    listening = [
        await running.nc.subscribe(c.LabelProgress.subject(str(aoi_id)), cb=hint),
        await running.nc.subscribe(c.LabelsStored.subject(), cb=fact),
    ]
    await caller.send(c.CreateLabel(aoi_id=aoi_id, geometry=square()))
    done = await fetched(caller, aoi_id)
    rows = await labels(caller, aoi=aoi_id, page=Page(limit=1000))
    assert (done["label_status"], done["label_count"]) == (1, len(rows))
    assert len(rows) > 50
    assert all(row["properties"]["osm_id"] and "building" in row["properties"]["tags"] for row in rows)
    assert any(not place.contains(shapely.geometry.shape(row["geometry"])) for row in rows)
    assert (await fetched(caller, aoi_id))["label_count"] == len(rows)
    await eventually(lambda: len([one for one in facts if one.aoi_id == aoi_id]) == 2)
    assert (facts[-1].count, facts[-1].source, facts[-1].user_id) == (len(rows), "osm", 7)
    assert list(dict.fromkeys((one.stage, one.done) for one in hints)) == [
        ("fetch", 0), ("fetch", 1), ("store", 0), ("store", 1),
    ]  # fmt: skip
    for subscription in listening:
        await subscription.unsubscribe()
    await caller.send(DeleteAoi(aoi_id=aoi_id))
    with pytest.raises(NotFound):
        await caller.ask(c.GetLabel(label_id=rows[0]["id"]))


@pytest.mark.spec("22.2", "one osm_id per dataset")
async def test_a_feature_labelled_elsewhere_in_the_dataset_moves(working, caller: Caller, mapping, place):
    dataset, outline = await mapping.draft(), shapely.geometry.mapping(place)
    first, second = await mapping.aoi(outline, dataset), await mapping.aoi(outline, dataset)
    apart = await mapping.aoi(outline)
    drawn = (await caller.send(c.CreateLabel(aoi_id=first, geometry=square()))).result["id"]
    counts = [(await fetched(caller, aoi_id))["label_count"] for aoi_id in (apart, first, second)]
    assert counts[0] == counts[1] == counts[2] > 50
    assert [(await state(caller, aoi_id))["label_count"] for aoi_id in (apart, first, second)] == [
        counts[0], 0, counts[0],
    ]  # fmt: skip
    with pytest.raises(NotFound):
        await caller.ask(c.GetLabel(label_id=drawn))
    kept = (await caller.send(c.CreateLabel(aoi_id=first, geometry=square()))).result["id"]
    await fetched(caller, second)
    assert (await caller.ask(c.GetLabel(label_id=kept)))["id"] == kept


async def test_other_classes_can_be_fetched(working, caller: Caller, mapping, place):
    aoi_id = await mapping.aoi(shapely.geometry.mapping(place))
    classes = [{"name": "highway", "classes": ["*"]}]
    done = await fetched(caller, aoi_id, label_classes=classes, geometry_type="line")
    rows = await labels(caller, aoi=aoi_id)
    assert done["label_status"] == 1
    assert all("highway" in row["properties"]["tags"] for row in rows)
    assert (await caller.send(c.FetchLabels(aoi_id=aoi_id, label_classes=[]))).code == "invalid_classes"


async def under_way(running, aoi_id: int, run: int = 1) -> c.LabelFetchJob:
    """As after a request, but no worker is told of it."""
    async with running.db.session() as session, session.begin():
        aoi = await session.get_one(AoiRow, aoi_id)
        aoi.label_status, aoi.label_run, aoi.label_since = 0, run, datetime.now(UTC)
    return c.LabelFetchJob(aoi_id=aoi_id, user_id=7, run=run, label_classes=c.BUILDINGS, geometry_type="polygon")


async def run(running, job: c.LabelFetchJob, osm: RawData, delivery: int = 1) -> None:
    envelope = opened(job.model_dump_json().encode(), headers_of(job, "catalog", MAPPER, new_id()))
    context = JobContext(envelope, running.db, running.bus, running.relay, "catalog", delivery)
    await fetch(job, context, LabelContext(osm, retry_seconds=0.1))


class Troubled(RawData):
    """Answers every question with the same trouble."""

    def __init__(self, trouble: Exception) -> None:
        self.trouble = trouble

    async def features(self, *_: Any) -> Any:
        raise self.trouble


@pytest.mark.spec("22.2", "fetch failure -1")
@pytest.mark.spec("25", "219")
async def test_a_failed_fetch_says_why_and_keeps_what_was_there(running, caller: Caller, mapping):
    aoi_id = await mapping.aoi()
    await caller.send(c.CreateLabel(aoi_id=aoi_id, geometry=square()))
    await run(running, await under_way(running, aoi_id), Troubled(RawDataError("Refused.", transient=False)))
    done = await state(caller, aoi_id)
    assert (done["label_status"], done["label_error"], done["label_count"]) == (-1, "Refused.", 1)


@pytest.mark.parametrize(
    ("trouble", "words"), [(RawDataError("Slow today.", True), "Slow today."), (KeyError("oops"), "on our side")]
)
async def test_a_stumbling_service_is_asked_again_until_the_last_delivery(running, caller, mapping, trouble, words):
    aoi_id = await mapping.aoi()
    job = await under_way(running, aoi_id)
    with pytest.raises(Exception, match=r"Slow|oops"):
        await run(running, job, Troubled(trouble))
    assert (await state(caller, aoi_id))["label_status"] == 0
    with suppress(KeyError):
        await run(running, job, Troubled(trouble), delivery=3)
    done = await state(caller, aoi_id)
    assert (done["label_status"], words in done["label_error"]) == (-1, True)


async def test_an_overtaken_fetch_does_nothing(running, caller: Caller, mapping):
    aoi_id = await mapping.aoi()
    stale = await under_way(running, aoi_id, run=1)
    await under_way(running, aoi_id, run=2)
    await run(running, stale, Troubled(AssertionError("asked")))
    assert (await state(caller, aoi_id))["label_status"] == 0


async def test_an_upload_waits_for_a_fetch(running, caller: Caller, mapping):
    aoi_id = await mapping.aoi()
    await under_way(running, aoi_id)
    upload = c.UploadLabels(aoi_id=aoi_id, upload=uuid4().hex, part=0, parts=1, features=[feature(square())])
    assert (await caller.send(upload)).code == "labels_under_way"


async def test_work_that_nobody_continues_is_given_up(running, caller: Caller, mapping):
    aoi_id = await mapping.aoi()
    await caller.send(c.UploadLabels(aoi_id=aoi_id, upload=uuid4().hex, part=0, parts=2, features=[feature(square())]))
    async with running.db.session() as session, session.begin():
        (await session.get_one(AoiRow, aoi_id)).label_since = datetime.now(UTC) - 2 * SILENCE
    reaper = label_reaper()
    assert await reaper.look(running) == 0, "one look may come right after an outage of the database"
    reaper.silence.apart = 0
    await eventually(lambda: reaper.look(running), 30)
    done = await state(caller, aoi_id)
    assert (done["label_status"], "interrupted" in done["label_error"]) == (-1, True)


async def test_areas_tell_how_many_labels_they_have(caller: Caller, mapping):
    dataset = await mapping.draft()
    ids = [await mapping.aoi(dataset=dataset) for _ in range(3)]
    for number, aoi_id in enumerate(ids):
        for n in range(number):
            await caller.send(c.CreateLabel(aoi_id=aoi_id, geometry=square(85.511 + n * 1e-3)))
    rows = (await caller.ask(ListAois(dataset=dataset)))["results"]
    assert [row["properties"]["label_count"] for row in rows] == [0, 1, 2]
    changed = (await caller.send(ChangeAoi(aoi_id=ids[2], geometry=mapping.square()))).result["properties"]
    assert (changed["label_count"], changed["label_status"], changed["label_fetched"]) == (2, -1, None)
