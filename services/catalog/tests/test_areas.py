from datetime import UTC, datetime, timedelta
from uuid import uuid4
from xml.etree import ElementTree

import pytest
import shapely.ops
from pyproj import Transformer
from sqlalchemy import text

from catalog.datasets.tables import DatasetRow
from contracts.catalog.areas import ChangeAoi, CreateAoi, DeleteAoi, GetAoi, GetAoiGpx, ListAois
from contracts.catalog.datasets import ChangeDataset, ListDatasetCentroids
from contracts.catalog.labels import ChangeLabel, CreateLabel
from contracts.gateway import UserChanged
from contracts.shared import Page
from kit.errors import Invalid, NotFound
from kit.testing import ADMIN, STRANGER, Caller, eventually

pytestmark = pytest.mark.usefixtures("running")


SQUARE = {
    "type": "Polygon",
    "coordinates": [[[85.51, 27.62], [85.52, 27.62], [85.52, 27.63], [85.51, 27.63], [85.51, 27.62]]],
}


AREA = round(
    shapely.ops.transform(
        Transformer.from_crs(4326, 6933, always_xy=True).transform, shapely.box(85.51, 27.62, 85.52, 27.63)
    ).area,
    2,
)


def box(west: float, south: float, side: float) -> dict:
    return shapely.geometry.mapping(shapely.box(west, south, west + side, south + side))


BOWTIE = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}


@pytest.mark.spec("4", "POST /aois/, GET /aois/{id}/, geometry, bbox, id, area, user, created_at, last_modified")
@pytest.mark.spec("4", "dataset, area in EPSG:6933, no id at the top")
async def test_aoi_is_readable_after_create(caller: Caller):
    verdict = await caller.send(CreateAoi(geometry=SQUARE))
    row = await caller.ask(GetAoi(aoi_id=verdict.result["properties"]["id"]))
    assert verdict.http == 201
    assert (row["geometry"], row["bbox"]) == (SQUARE, [85.51, 27.62, 85.52, 27.63])
    assert (row["type"], "id" in row) == ("Feature", False)
    assert verdict.result["properties"]["user"] == {"osm_id": 7, "username": "mapper"}
    for told in (row["properties"], verdict.result["properties"]):
        assert (told["dataset"], told["user"]["osm_id"], told["area"]) == (None, 7, AREA)
        assert datetime.now(UTC) - datetime.fromisoformat(told["created_at"]) < timedelta(minutes=1)
        assert told["last_modified"] >= told["created_at"]


async def test_aoi_of_ten_thousand_vertices_is_kept_and_told(caller: Caller):
    """The most that is allowed, and more bytes than a stream of NATS is often given."""
    ring = list(shapely.Point(85.51, 27.62).buffer(0.01, quad_segs=2_500).exterior.coords)[2:]
    verdict = await caller.send(CreateAoi(geometry=shapely.geometry.mapping(shapely.Polygon(ring))))
    row = await caller.ask(GetAoi(aoi_id=verdict.result["properties"]["id"]))
    assert verdict.http == 201
    assert len(row["geometry"]["coordinates"][0]) == 10_000


async def test_repeated_command_gets_its_first_verdict(caller: Caller):
    key = uuid4()
    first = await caller.send(CreateAoi(geometry=SQUARE), command_id=key)
    assert await caller.send(CreateAoi(geometry=SQUARE), command_id=key) == first.model_copy(update={"replayed": True})


async def test_same_key_with_another_body_is_refused(caller: Caller):
    key = uuid4()
    await caller.send(CreateAoi(geometry=SQUARE), command_id=key)
    second = await caller.send(CreateAoi(geometry=SQUARE, dataset=5), command_id=key)
    assert second.code == "idempotency_key_reused"


@pytest.mark.spec("4", "bad geometry 400")
@pytest.mark.parametrize(
    ("geometry", "words"),
    [
        ({"type": "Point", "coordinates": [0, 0]}, "Only a GeoJSON Polygon"),
        ({"type": "Polygon"}, "must be a list"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1]]]}, "end where it starts"),
        ({"type": "Polygon", "coordinates": [[["a", 0], [1, 0], [1, 1], ["a", 0]]]}, "two finite numbers"),
        (box(539.0, 5.0, 5.0), "within ±180"),
        (box(179.0, 5.0, 5.0), "this one 30"),
        (BOWTIE, "crosses itself"),
        (box(0, 0, 20), "at most 5,000 km²"),
        (box(0, 0, 0), "crosses itself or is broken"),
    ],
)
async def test_bad_polygons_are_refused_with_words(caller: Caller, geometry, words):
    verdict = await caller.send(CreateAoi(geometry=geometry))
    assert (verdict.kind, verdict.code) == ("invalid", "GEOMETRY_VALIDATION_ERROR")
    assert words in verdict.facts["geometry"][0]
    assert verdict.facts["error"] == verdict.facts["geometry"][0]
    assert verdict.facts["geometry_type"] == geometry.get("type", "dict")


@pytest.mark.spec("4", "readable rows")
async def test_strangers_see_nothing_of_an_aoi_without_public_dataset(caller: Caller, mapping):
    aoi_id = await mapping.aoi(dataset=await mapping.draft())
    for question in (GetAoi(aoi_id=aoi_id), GetAoiGpx(aoi_id=aoi_id)):
        with pytest.raises(NotFound):
            await caller.ask(question, STRANGER)
    assert (await caller.send(DeleteAoi(aoi_id=aoi_id), STRANGER)).code == "aoi_not_found"
    assert (await caller.ask(GetAoi(aoi_id=aoi_id), ADMIN))["properties"]["id"] == aoi_id


@pytest.mark.spec("4", "readable rows, write owner or admin")
async def test_aoi_of_a_public_dataset_is_seen_but_not_changed_by_strangers(caller: Caller, mapping):
    aoi_id = await mapping.aoi(dataset=await mapping.draft("public"))
    assert (await caller.ask(GetAoi(aoi_id=aoi_id), STRANGER))["properties"]["id"] == aoi_id
    assert (await caller.send(ChangeAoi(aoi_id=aoi_id, geometry=SQUARE), STRANGER)).code == "not_yours"
    assert (await caller.send(DeleteAoi(aoi_id=aoi_id), STRANGER)).code == "not_yours"


@pytest.mark.spec("4", "PUT /aois/{id}/, PATCH /aois/{id}/, dataset")
async def test_change_touches_only_what_was_given(caller: Caller, mapping):
    dataset = await mapping.draft()
    aoi_id = await mapping.aoi(dataset=dataset)
    moved = mapping.square(85.6)
    changed = await caller.send(ChangeAoi(aoi_id=aoi_id, geometry=moved))
    assert changed.http == 200
    assert (changed.result["geometry"]["coordinates"], changed.result["properties"]["dataset"]) == (
        moved["coordinates"],
        dataset,
    )
    cleared = await caller.send(ChangeAoi(aoi_id=aoi_id, set_dataset=True))
    assert cleared.result["properties"]["dataset"] is None
    assert (await caller.ask(GetAoi(aoi_id=aoi_id)))["geometry"] == moved


@pytest.mark.spec("22.3", "any login may POST AOIs")
async def test_anybody_draws_for_a_public_dataset(caller: Caller, mapping):
    private, public = await mapping.draft(), await mapping.draft("public")
    assert (await caller.send(CreateAoi(geometry=SQUARE, dataset=987_654))).code == "unknown_dataset"
    assert (await caller.send(CreateAoi(geometry=SQUARE, dataset=private), STRANGER)).code == "unknown_dataset"
    drawn = await caller.send(CreateAoi(geometry=SQUARE, dataset=public), STRANGER)
    assert (drawn.http, drawn.result["properties"]["user"]["osm_id"]) == (201, STRANGER.id)
    elsewhere = await mapping.aoi()
    assert (await caller.send(ChangeAoi(aoi_id=elsewhere, dataset=public), STRANGER)).code == "aoi_not_found"
    mine = (await caller.send(CreateAoi(geometry=SQUARE), STRANGER)).result["properties"]["id"]
    assert (await caller.send(ChangeAoi(aoi_id=mine, dataset=public), STRANGER)).code == "not_yours"


async def test_what_others_drew_for_a_dataset_is_up_to_its_owner(caller: Caller, mapping):
    """Also once the dataset is private again; its author keeps it as well."""
    dataset = await mapping.draft("public")
    drawn = [(await caller.send(CreateAoi(geometry=SQUARE, dataset=dataset), STRANGER)).result for _ in range(2)]
    first, second = (one["properties"]["id"] for one in drawn)
    await caller.send(ChangeDataset(dataset_id=dataset, visibility="private"))
    listed = await caller.ask(ListAois(dataset=dataset))
    assert [one["properties"]["id"] for one in listed["results"]] == [first, second]
    assert (await caller.ask(GetAoi(aoi_id=first)))["properties"]["id"] == first
    assert (await caller.send(DeleteAoi(aoi_id=first))).http == 204
    assert (await caller.send(DeleteAoi(aoi_id=second), STRANGER)).http == 204


async def test_nobody_else_draws_for_a_dataset_that_is_built(running, caller: Caller, mapping):
    dataset = await mapping.draft("public")
    async with running.db.session() as session, session.begin():
        (await session.get(DatasetRow, dataset)).status = "built"
    assert (await caller.send(CreateAoi(geometry=SQUARE, dataset=dataset), STRANGER)).code == "not_yours"
    assert (await caller.send(CreateAoi(geometry=SQUARE, dataset=dataset))).http == 201


@pytest.mark.spec("1.1", "unknown id 404")
@pytest.mark.spec("4", "DELETE /aois/{id}/")
async def test_deleted_aoi_is_gone(caller: Caller, mapping):
    aoi_id = await mapping.aoi()
    assert (await caller.send(DeleteAoi(aoi_id=aoi_id))).http == 204
    with pytest.raises(NotFound):
        await caller.ask(GetAoi(aoi_id=aoi_id))


@pytest.mark.spec("1.3", "unknown dataset 400")
@pytest.mark.spec("4", "GET /aois/, filter dataset, filter user, filter in_bbox, ordered by id")
async def test_list_filters_and_pages_by_id(caller: Caller, mapping):
    dataset = await mapping.draft()
    ids = [await mapping.aoi(mapping.square(10 + n, 50), dataset) for n in range(3)]
    first = await caller.ask(ListAois(dataset=dataset, page=Page(limit=2)))
    second = await caller.ask(ListAois(dataset=dataset, page=Page(limit=2, offset=2)))
    assert first["count"] == 3
    assert [row["properties"]["id"] for row in first["results"] + second["results"]] == ids
    touching = await caller.ask(ListAois(dataset=dataset, page=Page(in_bbox=(10.99, 49, 11.0, 51))))
    assert [row["properties"]["id"] for row in touching["results"]] == [ids[1]]
    assert (await caller.ask(ListAois(dataset=dataset), STRANGER)) == {"count": 0, "results": []}
    assert (await caller.ask(ListAois(user=987)))["count"] == 0
    assert (await caller.ask(ListAois(dataset=dataset, user=7)))["count"] == 3
    with pytest.raises(Invalid):
        await caller.ask(ListAois(dataset=987_654))


async def test_every_digit_of_a_coordinate_is_kept(running, caller: Caller, mapping):
    """Also in labels; text rounds positions near the equator and Greenwich."""
    west, south = 0.30278254703574703, 1.2345678901234567e-5
    drawn = shapely.geometry.mapping(shapely.box(west, south, 0.31, 0.01))
    aoi_id = await mapping.aoi(drawn)
    label = CreateLabel(aoi_id=aoi_id, geometry={"type": "Point", "coordinates": [west, south]})
    label_id = (await caller.send(label)).result["properties"]["id"]
    await caller.send(ChangeLabel(label_id=label_id, given=["tags"], tags={"a": "b"}), ADMIN)
    for table, row_id in (("aois", aoi_id), ("labels", label_id)):
        where = text(f"select st_xmin(geom), st_ymin(geom) from {table} where id = {row_id}")
        async with running.db.session() as session:
            assert (await session.execute(where)).one() == (west, south)
    assert (await caller.send(ChangeAoi(aoi_id=aoi_id, geometry=drawn))).result["bbox"][:2] == [west, south]


OVER = [[179.996, -16.7], [-179.995, -16.7], [-179.995, -16.695], [179.996, -16.695], [179.996, -16.7]]


async def test_an_area_over_the_antimeridian_is_made_shown_found_and_changed(caller: Caller, mapping):
    dataset = await mapping.draft()
    made = (await caller.send(CreateAoi(geometry={"type": "Polygon", "coordinates": [OVER]}, dataset=dataset))).result
    aoi_id = made["properties"]["id"]
    row = await caller.ask(GetAoi(aoi_id=aoi_id))
    for told in (made, row):
        assert (told["geometry"]["type"], told["bbox"]) == ("MultiPolygon", [179.996, -16.7, -179.995, -16.695])
        assert 500_000 < told["properties"]["area"] < 560_000
    elsewhere = await mapping.aoi(mapping.square(0.1, -16.7), dataset)
    for box, found in (
        ((179.9, -17, -179.9, -16), [aoi_id]), ((179.9, -17, 180, -16), [aoi_id]), ((-180, -17, -179, -16), [aoi_id]),
        ((0, -17, 1, -16), [elsewhere]), ((179, -17, 0.2, -16), [aoi_id, elsewhere]), ((-179.9, -17, -1, -16), []),
    ):  # fmt: skip
        listed = await caller.ask(ListAois(dataset=dataset, page=Page(in_bbox=box)))
        assert [one["properties"]["id"] for one in listed["results"]] == found, box
    track = ElementTree.fromstring((await caller.ask(GetAoiGpx(aoi_id=aoi_id))).encode())
    assert len(track.findall("g:trk/g:trkseg", {"g": "http://www.topografix.com/GPX/1/1"})) == 2
    assert (await caller.send(DeleteAoi(aoi_id=elsewhere))).http == 204
    points = (await caller.ask(ListDatasetCentroids(page=Page(limit=1000))))["results"]
    [place] = [one["geometry"]["coordinates"] for one in points if one["properties"]["id"] == dataset]
    assert place == pytest.approx([-179.9995, -16.6975], abs=1e-4)
    changed = await caller.send(ChangeAoi(aoi_id=aoi_id, geometry=SQUARE))
    assert (changed.result["geometry"]["type"], changed.result["bbox"]) == ("Polygon", [85.51, 27.62, 85.52, 27.63])


@pytest.mark.spec("4", "GET /aois/gpx/{aoi_id}/, GPX 1.1 with one track")
async def test_gpx_holds_the_outer_ring_as_one_track(caller: Caller, mapping):
    aoi_id = await mapping.aoi()
    track = await caller.ask(GetAoiGpx(aoi_id=aoi_id))
    root = ElementTree.fromstring(track.encode())
    space = {"g": "http://www.topografix.com/GPX/1/1"}
    points = [(float(p.get("lon")), float(p.get("lat"))) for p in root.findall("g:trk/g:trkseg/g:trkpt", space)]
    assert (root.get("version"), root.findtext("g:trk/g:name", None, space)) == ("1.1", f"AOI {aoi_id}")
    assert [list(point) for point in points] == SQUARE["coordinates"][0]
    named = ElementTree.fromstring((await caller.ask(GetAoiGpx(aoi_id=aoi_id, name="Mine"))).encode())
    assert (named.get("creator"), named.findtext("g:trk/g:name", None, space)) == ("fAIr", "Mine")


async def test_names_follow_the_gateway(caller: Caller, mapping):
    aoi_id = await mapping.aoi()
    await caller.publish(UserChanged(user_id=7, username="mapper"))

    async def named():
        return (await caller.ask(GetAoi(aoi_id=aoi_id)))["properties"]["user"]["username"] == "mapper"

    await eventually(named)
