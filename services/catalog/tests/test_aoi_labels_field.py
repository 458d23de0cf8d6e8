"""Files as the field writes them, through the door: what is stored of them, and what is told of the rest."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import orjson
import pytest
import shapely
from builds import Builder
from test_aoi_labels import ended, labels, run, state, under_way

from catalog.aoi_labels import identity, reading, shapes, tags
from catalog.datasets.build import labelling
from contracts.catalog import labels as c
from contracts.catalog.areas import GetAoi
from kit.testing import Caller, eventually
from osm.raw_data import RawData

pytestmark = pytest.mark.usefixtures("running")
WEST, SOUTH = 85.511, 27.621


def house(column: int = 0) -> shapely.Polygon:
    return shapely.box(WEST + column * 1e-3, SOUTH, WEST + column * 1e-3 + 5e-4, SOUTH + 5e-4)


def feature(shape: shapely.Geometry | dict | None, properties: Any = None, **more: Any) -> dict[str, Any]:
    geometry = orjson.loads(shapely.to_geojson(shape)) if isinstance(shape, shapely.Geometry) else shape
    return {"type": "Feature", "geometry": geometry, "properties": properties, **more}


def bowtie(column: int) -> dict[str, Any]:
    west, south, east, north = house(column).bounds
    ring = [[west, south], [east, north], [east, south], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


YES = {"building": "yes"}
GOOD = feature(house(), YES)
SPIKE = feature({"type": "Polygon", "coordinates": [
    [[85.514, 27.621], [85.515, 27.621], [85.516, 27.621], [85.515, 27.621], [85.515, 27.622], [85.514, 27.621]]
]}, YES)  # fmt: skip


@dataclass
class Case:
    features: list[dict[str, Any]]
    stored: int
    left_out: dict[str, list[str]] = field(default_factory=dict)
    altered: dict[str, list[str]] = field(default_factory=dict)
    kept: list[Any] | None = None
    """Tags of the rows."""


CASES = {
    "no geometry first": Case([feature(None, YES), GOOD], 1, {"The feature has no geometry.": ["feature 1"]}),
    "no geometry later": Case([GOOD, feature(None, YES)], 1, {"The feature has no geometry.": ["feature 2"]}),
    "properties null": Case([feature(house()), {**feature(house(1)), "properties": {}}], 2, kept=[None, None]),
    "no properties at all": Case([{"type": "Feature", "geometry": GOOD["geometry"]}], 1, kept=[None]),
    "bow-tie and spike": Case(
        [GOOD, feature(bowtie(1), YES), SPIKE], 3, altered={shapes.REPAIRED: ["feature 2", "feature 3"]}
    ),
    "nothing but a line left": Case(
        [GOOD, feature({"type": "Polygon", "coordinates": [[[85.5, 27], [85.6, 27], [85.7, 27], [85.5, 27]]]})],
        1, {shapes.COLLAPSED: ["feature 2"]},
    ),
    "heights": Case([feature({"type": "Point", "coordinates": [85.512, 27.622, 1320.5]}, {"natural": "tree"})], 1,
                    altered={shapes.FLATTENED: ["feature 1"]}),
    "twice": Case([GOOD, feature(house(), {"building": "shed"})], 1, {reading.TWICE: ["feature 1"]},
                  kept=[{"building": "shed"}]),
    "beside the area": Case([GOOD, feature(shapely.box(85.6, 27.6, 85.7, 27.7), YES)], 1,
                            {reading.ELSEWHERE: ["feature 2"]}),
    "projected, later": Case([GOOD, feature(shapely.box(353_100, 3_055_800, 353_110, 3_055_810), YES)], 1,
                             {shapes.NO_DEGREES: ["feature 2"]}),
    "denied": Case(
        [GOOD, feature(house(1), {"building": "no"}), feature(house(2), {"building": "No", "shop": "yes"})], 2,
        {reading.NOT_THERE: ["feature 2"]},
    ),
    "columns of a survey": Case([feature(house(), {"fid": 4, "enumerator": "K", "roof": "tin"})], 1,
                                altered={tags.NO_KEYS: ["feature 1"]}, kept=[None]),
    "of GDAL's OSM driver": Case(
        [feature(house(), {"osm_id": None, "osm_way_id": "512", "building": "yes", "amenity": None,
                           "other_tags": '"addr:city"=>"Panauti","note"=>"' + "x" * 300 + '"'})],
        1, altered={tags.TOO_LONG: ["feature 1"]}, kept=[{"building": "yes", "addr:city": "Panauti"}],
    ),
    "tags as text": Case([feature(house(), {"tags": '{"building": "hut"}'})], 1, kept=[{"building": "hut"}]),
    "an id that is none": Case([feature(house(), {"osm_id": "n/a", **YES})], 1,
                               altered={identity.UNREADABLE_ID: ["feature 1"]}, kept=[YES]),
    "no feature": Case([{"type": "Nothing"}, GOOD], 1, {reading.NO_FEATURE: ["feature 1"]}),
    "a closed line stays one": Case([feature(shapely.LineString(house().exterior.coords), YES)], 1),
}  # fmt: skip


async def sent(caller: Caller, aoi_id: int, features: list[dict[str, Any]], **more: Any) -> Any:
    upload = c.UploadLabels(aoi_id=aoi_id, upload=uuid4().hex, part=0, parts=1, features=features, **more)
    return await caller.send(upload)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_every_feature_is_stored_or_left_out_with_its_reason(working, caller: Caller, mapping, case: Case):
    aoi_id = await mapping.aoi()
    assert (await sent(caller, aoi_id, case.features)).http == 202
    told = await ended(caller, aoi_id)
    outcome = told["label_outcome"]
    assert (told["label_status"], told["label_error"], told["label_count"]) == (1, "", case.stored)
    assert (outcome["wanted"], outcome["done"]) == (len(case.features), case.stored)
    assert {one["reason"]: one["examples"] for one in outcome["left_out"]} == case.left_out
    assert {one["reason"]: one["examples"] for one in outcome["altered"]} == case.altered
    rows = await labels(caller, aoi=aoi_id)
    assert all(shapely.geometry.shape(row["geometry"]).is_valid for row in rows)
    if case.kept is not None:
        assert [row["properties"]["tags"] for row in rows] == case.kept


SWAPPED = [{"type": "Point", "coordinates": [27.622, 85.512 + n / 1e3]} for n in range(3)]


@pytest.mark.parametrize(
    ("features", "words"),
    [
        ([feature(None), {}], "The feature has no geometry: feature 1. This is no GeoJSON Feature: feature 2."),
        ([feature(one, YES) for one in SWAPPED], "latitude and longitude seem to be swapped"),
        ([feature(shapely.box(353_100, 3_055_800, 353_110, 3_055_810))], "EPSG:4326"),
        ([feature(house(), {"building": "no"})], "building=no"),
    ],
)
async def test_a_file_without_any_label_is_refused_in_words(caller: Caller, mapping, features, words):
    verdict = await sent(caller, await mapping.aoi(), features)
    assert (verdict.kind, verdict.code) == ("invalid", "no_usable_feature")
    assert words in verdict.detail


async def test_parts_of_a_file_are_numbered_through_and_tell_what_could_not_travel(working, caller: Caller, mapping):
    aoi_id, name = await mapping.aoi(), uuid4().hex
    parts = [
        {"features": [GOOD, feature(None)], "numbers": [1, 3], "left_out": [("It is too large.", "feature 2")]},
        {"features": [feature(bowtie(1), YES), {}], "numbers": [4, 5]},
    ]
    for number, part in enumerate(parts):
        await caller.send(c.UploadLabels(aoi_id=aoi_id, upload=name, part=number, parts=2, **part))
    outcome = (await ended(caller, aoi_id))["label_outcome"]
    assert (outcome["wanted"], outcome["done"]) == (5, 2)
    assert {one["reason"]: one["examples"] for one in outcome["left_out"]} == {
        "It is too large.": ["feature 2"], "The feature has no geometry.": ["feature 3"],
        reading.NO_FEATURE: ["feature 5"],
    }  # fmt: skip
    assert outcome["altered"] == [{"reason": shapes.REPAIRED, "count": 1, "examples": ["feature 4"]}]


async def test_a_file_in_parts_without_any_label_fails_with_the_reasons(running, working, caller: Caller, mapping):
    facts: list[c.LabelsFailed] = []

    async def fact(msg) -> None:
        facts.append(c.LabelsFailed.model_validate_json(msg.data))

    listening = await running.nc.subscribe(c.LabelsFailed.subject(), cb=fact)
    aoi_id, name = await mapping.aoi(), uuid4().hex
    for number in range(2):
        part = c.UploadLabels(aoi_id=aoi_id, upload=name, part=number, parts=2, features=[feature(None)])
        await caller.send(part)
    told = await ended(caller, aoi_id)
    assert (told["label_status"], told["label_outcome"]["wanted"], told["label_outcome"]["done"]) == (-1, 2, 0)
    assert "The feature has no geometry: feature 1, feature 2." in told["label_error"]
    [failed] = await eventually(lambda: [one for one in facts if one.aoi_id == aoi_id])
    assert (failed.reason, failed.outcome.wanted) == (told["label_error"], 2)
    await listening.unsubscribe()


class Answering(RawData):
    """Has these features, whatever is asked for."""

    def __init__(self, *found: dict[str, Any]) -> None:
        self.found = found

    async def features(self, *_: Any) -> list[dict[str, Any]]:
        return list(self.found)


def mapped(number: int, shape: shapely.Geometry | dict, osm_type: str = "ways_poly", **kept: str) -> dict[str, Any]:
    return feature(shape, {"osm_id": number, "osm_type": osm_type, "tags": kept})


async def test_a_fetch_tells_what_it_left_out_and_repaired(running, caller: Caller, mapping):
    aoi_id = await mapping.aoi()
    osm = Answering(
        mapped(1, house(), building="yes"), mapped(2, bowtie(1), building="yes"), mapped(3, house(2), building="no"),
        mapped(4, house(3), building="no", amenity="parking"), mapped(1, house(4), "relation", building="yes"),
        mapped(6, shapely.box(85.6, 27.6, 85.7, 27.7), building="yes"),
    )  # fmt: skip
    await run(running, await under_way(running, aoi_id), osm)
    outcome = (await state(caller, aoi_id))["label_outcome"]
    assert (outcome["wanted"], outcome["done"]) == (6, 3)
    assert {one["reason"]: one["examples"] for one in outcome["left_out"]} == {
        reading.NOT_THERE: ["way/3", "way/4"], reading.ELSEWHERE: ["way/6"],
    }  # fmt: skip
    assert {one["reason"]: one["examples"] for one in outcome["altered"]} == {shapes.REPAIRED: ["way/2"]}


async def test_objects_of_one_number_and_two_types_do_not_take_each_others_place(running, caller: Caller, mapping):
    dataset = await mapping.draft()
    first, second = await mapping.aoi(dataset=dataset), await mapping.aoi(dataset=dataset)
    await run(running, await under_way(running, first), Answering(mapped(7, house(), building="yes")))
    await run(running, await under_way(running, second), Answering(mapped(7, house(1), "relation", building="yes")))
    assert [(await state(caller, aoi_id))["label_count"] for aoi_id in (first, second)] == [1, 1]
    await run(running, await under_way(running, second, 2), Answering(mapped(7, house(2), "ways_line", building="yes")))
    assert [(await state(caller, aoi_id))["label_count"] for aoi_id in (first, second)] == [0, 1]


@pytest.mark.timeout(300)
async def test_what_was_stored_is_in_the_label_file(working, stac, storage, caller: Caller, mapping, builder: Builder):
    aoi_id = await mapping.aoi(builder.part(0, 0.5))
    west, south, east, _ = shapely.geometry.shape(builder.part(0, 0.5)).bounds
    step = (east - west) / 20
    roofs = [shapely.box(west + n * step, south + step, west + (n + 0.5) * step, south + 2 * step) for n in range(8)]
    features = [
        feature(roofs[0], {"fid": 1, "enumerator": "K"}), feature(shapely.LineString(roofs[1].exterior.coords), YES),
        feature(roofs[2], {"@id": "way/91", **YES}), feature(roofs[3], {"@id": "relation/91", **YES}),
        feature(shapely.GeometryCollection([roofs[4], shapely.Point(west, south)]), YES),
        feature(roofs[5].centroid, YES), feature(roofs[6], {"highway": "service"}),
        feature(roofs[7], {"demolished:building": "yes"}),
    ]  # fmt: skip
    assert (await sent(caller, aoi_id, features)).http == 202
    assert (await ended(caller, aoi_id))["label_count"] == 8
    apart = {"type": "Polygon", "coordinates": [[[10, 10], [10, 11], [11, 11], [10, 10]]]}
    far = (await caller.send(c.CreateLabel(aoi_id=aoi_id, geometry=apart, tags=YES))).result["id"]
    row = await builder.ask(aoi_ids=[aoi_id], label_source="stored")
    built = await builder.ended(row["id"])
    assert (built["status"], built["error"]) == ("built", "")
    told = built["outcome"]["labels"]
    assert (told["wanted"], told["done"]) == (9, 5)
    left_out = {one["reason"]: one["examples"] for one in told["left_out"]}
    assert set(left_out) == {labelling.OTHER_KIND, labelling.NO_CLASS, labelling.ELSEWHERE}
    assert left_out[labelling.ELSEWHERE] == [f"label {far}"]
    assert {one["reason"]: one["count"] for one in told["altered"]} == {labelling.CLOSED: 1, labelling.REDUCED: 1}
    file = orjson.loads(await storage.get(f"datasets/{row['stac_id']}/labels/labels.geojson"))
    written = [shapely.geometry.shape(one["geometry"]) for one in file["features"]]
    assert all(one.geom_type == "Polygon" and one.exterior.is_ccw for one in written)
    assert {(one["properties"]["class"], one["properties"]["label"]) for one in file["features"]} == {("building", 1)}
    assert {one["properties"]["tags"].get("building") for one in file["features"]} == {"yes"}


async def test_the_event_carries_the_outcome(running, working, caller: Caller, mapping):
    facts: list[c.LabelsStored] = []

    async def fact(msg) -> None:
        facts.append(c.LabelsStored.model_validate_json(msg.data))

    listening = await running.nc.subscribe(c.LabelsStored.subject(), cb=fact)
    aoi_id = await mapping.aoi()
    await sent(caller, aoi_id, [GOOD, feature(None)])
    told = await ended(caller, aoi_id)
    [stored] = await eventually(lambda: [one for one in facts if one.aoi_id == aoi_id])
    assert (stored.count, stored.outcome.model_dump(mode="json")) == (1, told["label_outcome"])
    await listening.unsubscribe()
    assert (await caller.ask(GetAoi(aoi_id=aoi_id)))["properties"]["label_outcome"] == told["label_outcome"]
