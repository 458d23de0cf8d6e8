"""What people who do this job send in: one row for each kind of report, with inputs of our own, through the API of the
running platform. Nothing is answered with the server's fault, and nothing is dropped without a word."""

import itertools
import random
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
import shapely
from shapely.geometry import box, shape

from tests.e2e.conftest import Platform
from tests.e2e.field import odd_tiles, places, uploads
from tests.e2e.field.mapper import Mapper, Row, told
from tests.e2e.field.odd_tiles import KEY, LOST, TROUBLES, OddTiles
from tests.e2e.field.places import area, feature, house, polygon, ring
from tests.e2e.field.uploads import UPLOADS, Upload

pytestmark = [pytest.mark.live, pytest.mark.timeout(1800)]
PERSON = random.randrange(10**6, 10**9)
"""Somebody new in each run: the platform keeps its data."""
SOUTH_OF_ALL = 3
"""Row of plots that no upload uses."""


@pytest.fixture(scope="module")
def mapper(platform: Platform) -> Iterator[Mapper]:
    with Mapper.of(platform, f"{PERSON}:field") as mapper:
        yield mapper


@pytest.fixture(scope="module")
def anybody(platform: Platform) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=platform.url, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def tiles(platform: Platform) -> Iterator[OddTiles]:
    server = OddTiles(platform.home.port("odd-tiles"))
    yield server
    server.shutdown()


@pytest.fixture(scope="module")
def dead_server(platform: Platform) -> str:
    return f"http://127.0.0.1:{platform.home.port('dead_server')}/{{z}}/{{x}}/{{y}}.png"


@pytest.fixture(scope="module")
def model(done: dict) -> str:
    """The STAC id of the model that the mapper of the job has trained and shown to everybody."""
    return done["item"]


@pytest.fixture(scope="module")
def base(done: dict) -> str:
    return done["base"].stac_item_id


# Labels


@pytest.fixture(scope="module")
def uploaded(mapper: Mapper) -> dict[Upload, tuple[int, httpx.Response]]:
    """The area and the answer of every upload; they are sent together."""

    def send(column: int) -> tuple[int, httpx.Response]:
        upload, aoi = UPLOADS[column], mapper.draw(area(column))
        content, path = upload.make(column), f"/labels/upload/{aoi}/"
        if upload.as_form:
            return aoi, mapper.post(path, files={"geojson_file": ("labels.geojson", content)})
        return aoi, mapper.post(path, content=content, headers={"content-type": "application/geo+json"})

    with ThreadPoolExecutor(4) as pool:
        return dict(zip(UPLOADS, pool.map(send, range(len(UPLOADS))), strict=True))


@pytest.fixture(scope="module")
def stored(mapper: Mapper, uploaded: dict[Upload, tuple[int, httpx.Response]]) -> dict[Upload, Row]:
    return {upload: mapper.labelled(aoi) for upload, (aoi, _) in uploaded.items()}


@pytest.mark.parametrize("upload", UPLOADS, ids=str)
def test_labels_are_stored_or_told(
    mapper: Mapper, uploaded: dict[Upload, tuple[int, httpx.Response]], stored: dict[Upload, Row], upload: Upload
):
    aoi, answer = uploaded[upload]
    assert answer.status_code == 202, answer.text
    row = stored[upload]
    assert (row["label_status"], row["label_error"], row["label_count"]) == (1, "", upload.done)
    outcome = row["label_outcome"]
    assert (told(outcome), outcome["done"]) == (upload.left_out, upload.done)
    assert sum(entry["count"] for entry in outcome["altered"]) >= upload.altered
    labels = mapper.labels(aoi)
    assert {label["geometry"]["type"] for label in labels} <= upload.kinds
    assert all(shape(label["geometry"]).is_valid and not shape(label["geometry"]).has_z for label in labels)


def test_osm_ids_are_read(mapper: Mapper, uploaded: dict, stored: dict):
    """R01. Nothing of GDAL's own columns becomes a tag."""
    [aoi] = [aoi for upload, (aoi, _) in uploaded.items() if upload.make is uploads.osm_export]
    properties = [label["properties"] for label in mapper.labels(aoi)]
    assert {row["osm_id"] for row in properties} == {8801, 8802, 8803}
    assert all(not {"osm_way_id", "other_tags", "osm_id"} & row["tags"].keys() for row in properties)
    [aoi] = [aoi for upload, (aoi, _) in uploaded.items() if upload.make is uploads.float_ids]
    assert {label["properties"]["osm_id"] for label in mapper.labels(aoi)} == {8100500, 8100501}


def test_columns_of_a_tool_are_no_tags(mapper: Mapper, uploaded: dict, stored: dict):
    [aoi] = [aoi for upload, (aoi, _) in uploaded.items() if upload.report == "R02"]
    assert all("fid" not in (label["properties"]["tags"] or {}) for label in mapper.labels(aoi))


def test_tags_as_text_are_read(mapper: Mapper, uploaded: dict, stored: dict):
    [aoi] = [aoi for upload, (aoi, _) in uploaded.items() if upload.report == "R12"]
    assert [label["properties"]["tags"] for label in mapper.labels(aoi)] == [{"building": "barn"}] * 2


@pytest.fixture(scope="module")
def ground(mapper: Mapper, tiles: OddTiles, uploaded: dict, stored: dict) -> tuple[Row, list[Row]]:
    """One dataset of all plots whose labels are looked at, and its label file."""
    aois = [aoi for upload, (aoi, _) in uploaded.items() if upload.built is not None]
    answer = mapper.build("Plots of the field", f"{tiles.url('token')}?access_token={KEY}", aois)
    assert answer.status_code == 202, answer.text
    dataset = mapper.built(answer.json()["id"])
    assert dataset["status"] == "built", dataset["error"]
    return dataset, mapper.ground(dataset)


@pytest.mark.parametrize("upload", [one for one in UPLOADS if one.built is not None], ids=str)
def test_stored_labels_come_into_the_dataset(ground: tuple[Row, list[Row]], upload: Upload):
    plot = shape(area(UPLOADS.index(upload)))
    shapes = [shape(one["geometry"]) for one in ground[1]]
    here = [one for one in shapes if plot.intersects(one)]
    assert len(here) == upload.built
    assert {one.geom_type for one in here} <= {"Polygon", "MultiPolygon"}


@pytest.mark.parametrize(
    ("make", "ids"),
    [
        (uploads.osm_export, {("way", 8801), ("way", 8802), ("relation", 8803)}),
        (uploads.one_number, {("way", 5207), ("relation", 5207)}),
    ],
)
def test_an_osm_id_has_its_type(ground: tuple[Row, list[Row]], make: Any, ids: set[tuple[str, int]]):
    plot = shape(area(next(index for index, upload in enumerate(UPLOADS) if upload.make is make)))
    here = [one["properties"] for one in ground[1] if plot.intersects(shape(one["geometry"]))]
    assert {(row["osm_type"], row["osm_id"]) for row in here} == ids


def test_courtyards_and_parts_stay(ground: tuple[Row, list[Row]]):
    column = next(index for index, upload in enumerate(UPLOADS) if upload.report == "R17")
    here = [shape(one["geometry"]) for one in ground[1] if shape(area(column)).intersects(shape(one["geometry"]))]
    assert sorted(len(part.interiors) for one in here for part in shapely.get_parts(one)) == [0, 0, 1]


def test_the_dataset_tells_of_its_labels(ground: tuple[Row, list[Row]]):
    outcome = ground[0]["outcome"]
    told(outcome["labels"])
    assert outcome["labels"]["done"] == len(ground[1])
    assert (told(outcome["tiles"]), outcome["tiles"]["done"]) == (0, ground[0]["chip_count"])


def test_keys_in_addresses_of_imagery_stay_with_the_owner(
    mapper: Mapper, anybody: httpx.Client, platform: Platform, ground: tuple[Row, list[Row]]
):
    """R30. Neither may the catalogue show what is private."""
    path, item = f"/datasets/{ground[0]['id']}/", ground[0]["stac_url"]
    assert KEY in mapper.get(path).json()["source_imagery"]
    assert httpx.get(item, timeout=10).status_code == 404
    assert mapper.post(f"{path}publish/").status_code == 200
    assert KEY not in anybody.get(path, params={"expand": "stac"}).raise_for_status().text
    end = time.monotonic() + 30
    while (answer := httpx.get(item, timeout=10)).status_code == 404 and time.monotonic() < end:
        time.sleep(0.3)
    assert answer.status_code == 200
    assert KEY not in answer.text


def test_swapped_axes_are_told(mapper: Mapper):
    aoi = mapper.draw(area(0, SOUTH_OF_ALL))
    kind = {"content-type": "application/json"}
    answer = mapper.post(f"/labels/upload/{aoi}/", content=uploads.swapped(0), headers=kind)
    if answer.status_code == 400:
        return
    assert answer.status_code == 202
    row = mapper.labelled(aoi)
    assert row["label_error"] or told(row["label_outcome"]) == 2 or row["label_outcome"]["altered"]


def test_another_projection_is_named(mapper: Mapper):
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32733"}}
    metres = [[[765000.0, 8096000.0], [765009.0, 8096000.0], [765009.0, 8096009.0], [765000.0, 8096000.0]]]
    body = places.collection(feature(polygon(*metres), {"building": "yes"}), crs=crs)
    answer = mapper.post(f"/labels/upload/{mapper.draw(area(1, SOUTH_OF_ALL))}/", json=body)
    assert answer.status_code == 400
    assert "32733" in answer.text


# Areas

DATELINE = [
    [[179.9995, -16.801], [-179.9995, -16.801], [-179.9995, -16.8], [179.9995, -16.8], [179.9995, -16.801]],
    [[179.9995, -16.801], [180.0005, -16.801], [180.0005, -16.8], [179.9995, -16.8], [179.9995, -16.801]],
    [[-180.0005, -16.801], [-179.9995, -16.801], [-179.9995, -16.8], [-180.0005, -16.8], [-180.0005, -16.801]],
    [[540.2, -16.801], [540.201, -16.801], [540.201, -16.8], [540.2, -16.8], [540.2, -16.801]],
]
AREAS = {
    "R14 one polygon as a MultiPolygon": {"type": "MultiPolygon", "coordinates": [area(2)["coordinates"]]},
    "R14 one polygon in a collection": places.collection(feature(area(2), {"name": "Ward 7"})),
    "R14 one polygon without a Feature": area(2),
    "R07 a closed line of JOSM": {"type": "LineString", "coordinates": area(2)["coordinates"][0]},
}


@pytest.mark.parametrize("about", AREAS)
def test_one_polygon_in_any_wrapping_is_an_area(mapper: Mapper, about: str):
    given = AREAS[about]
    body = given if given["type"] in ("FeatureCollection", "Polygon") else feature(given, {})
    answer = mapper.post("/aois/", json=body)
    assert answer.status_code == 201, answer.text
    assert shape(answer.json()["geometry"]).equals(shape(area(2)))


def test_an_area_with_a_byte_order_mark(mapper: Mapper):
    body = b"\xef\xbb\xbf" + places.written(feature(area(2), {}))
    answer = mapper.post("/aois/", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("coordinates", DATELINE, ids=["jump", "beyond", "before", "scrolled"])
def test_areas_at_the_antimeridian(mapper: Mapper, coordinates: list):
    """R15. Taken, or refused in words that say so; not as one that goes around the world."""
    answer = mapper.post("/aois/", json=feature(polygon(coordinates), {}))
    if answer.status_code == 201:
        assert shape(answer.json()["geometry"]).area < 1e-5
    else:
        assert answer.status_code == 400
        assert "180" in answer.text
        assert "km²" not in answer.text


# Imagery


def spellings(tiles: OddTiles) -> dict[str, str]:
    base = tiles.url("good", "")
    host = base.replace("127.0.0.1", "{switch:127.0.0.1,127.0.0.1}")
    return {
        "rows from the south": f"{tiles.url('south', '{z}/{x}/{-y}.png')}",
        "zoom in full": f"{base}{{zoom}}/{{x}}/{{y}}.png",
        "JOSM's prefix": f"tms[10,22]:{base}{{zoom}}/{{x}}/{{y}}.png",
        "JOSM's switch": f"{host}{{z}}/{{x}}/{{y}}.png",
        "escaped": f"{base}%7Bz%7D/%7Bx%7D/%7By%7D.png",
        "a blank at the end": f"{base}{{z}}/{{x}}/{{y}}.png ",
        "TileJSON": f"{base}tilejson.json",
    }


SPELLINGS = ["rows from the south", "zoom in full", "JOSM's prefix", "JOSM's switch", "escaped", "a blank at the end",
             "TileJSON"]  # fmt: skip


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_door_takes_the_same_addresses(mapper: Mapper, tiles: OddTiles, model: str, spelling: str):
    """R18, R19. The prediction is stopped at once."""
    address = spellings(tiles)[spelling]
    draft = mapper.post("/datasets/", json={"title": spelling, "source_imagery": address})
    assert draft.status_code == 201, draft.text
    west, south, east, north = shape(area(2)).bounds
    body = {"model_stac_id": model, "image_uri": address, "bbox": [west, south, east, north], "zoom": places.ZOOM}
    run = mapper.post("/predictions/submit/", json=body)
    assert run.status_code == 202, run.text
    mapper.post(f"/predictions/{run.json()['id']}/cancel/")


def test_dollars_are_refused_at_every_door(mapper: Mapper, tiles: OddTiles, model: str):
    address = tiles.url("good", "${z}/${x}/${y}.png")
    body = {"model_stac_id": model, "image_uri": address, "bbox": shape(area(2)).bounds, "zoom": places.ZOOM}
    answers = [
        mapper.post("/datasets/", json={"title": "Potlatch", "source_imagery": address}),
        mapper.build("Potlatch", address, [mapper.draw(area(2, SOUTH_OF_ALL))]),
        mapper.post("/predictions/submit/", json=body),
    ]
    assert [answer.status_code for answer in answers] == [400, 400, 400]


@pytest.fixture(scope="module")
def builds(mapper: Mapper, tiles: OddTiles, dead_server: str) -> dict[str, Row]:
    """Three datasets that are built at the same time: of odd tiles, of one tile with JOSM's address, of a dead host."""
    wanted = {
        "mixed": (tiles.url("mixed"), area(0, SOUTH_OF_ALL + 1, len(TROUBLES))),
        "one tile": (spellings(tiles)["rows from the south"], area(0, SOUTH_OF_ALL + 2)),
        "dead host": (dead_server, area(0, SOUTH_OF_ALL + 3)),
    }
    rows, started = {}, time.monotonic()
    for name, (address, ground) in wanted.items():
        aoi = mapper.draw(ground)
        top = shape(ground).bounds
        small = box(top[0] + 1e-4, top[1] + 1e-4, top[0] + 2e-4, top[1] + 2e-4)
        label = feature(shapely.geometry.mapping(small), {"building": "yes"})
        assert mapper.post(f"/labels/upload/{aoi}/", json=places.collection(label)).status_code == 202
        mapper.labelled(aoi)
        answer = mapper.build(f"Odd: {name}", address, [aoi])
        assert answer.status_code == 202, answer.text
        rows[name] = answer.json()["id"]
    for name in ("dead host", "one tile", "mixed"):
        rows[name] = {**mapper.built(rows[name]), "seconds": time.monotonic() - started}
    return rows


def test_tiles_that_could_not_be_had_are_told(builds: dict[str, Row]):
    """R20, R21: what the label of a file says does not matter; what is missing is counted with its reason."""
    row = builds["mixed"]
    assert row["status"] == "built", row["error"]
    lost = sum(name in LOST for name in TROUBLES)
    outcome = row["outcome"]["tiles"]
    assert (told(outcome), outcome["done"]) == (lost, len(TROUBLES) - lost)
    assert row["chip_count"] == len(TROUBLES) - lost
    assert len(outcome["left_out"]) >= 3
    numbers = {str(places.tile(column).x) for column, name in enumerate(TROUBLES) if name in LOST}
    assert all(any(number in text for number in numbers) for entry in outcome["left_out"] for text in entry["examples"])


def test_the_mapper_hears_of_missing_tiles(mapper: Mapper, builds: dict[str, Row]):
    messages = [row["message"] for row in mapper.get("/notifications/me/").json()["results"]]
    [ready] = [message for message in messages if "Odd: mixed" in message and "ready" in message]
    assert str(len(TROUBLES)) in ready


def test_servers_that_ask_for_patience_are_asked_again(builds: dict[str, Row], tiles: OddTiles):
    for name in ("busy", "stumbling"):
        spot = places.tile(TROUBLES.index(name), SOUTH_OF_ALL + 1)
        assert tiles.asked[f"/mixed/{spot.z}/{spot.x}/{spot.y}.png"] >= 2


def test_sixteen_bits_are_refused_in_words(builds: dict[str, Row]):
    """Brought to 8 bits tile by tile they would be black or white."""
    reasons = {entry["reason"]: entry["count"] for entry in builds["mixed"]["outcome"]["tiles"]["left_out"]}
    assert [count for reason, count in reasons.items() if "16 bits" in reason] == [2], reasons


def test_a_dead_host_fails_soon_and_holds_up_nobody(builds: dict[str, Row]):
    row = builds["dead host"]
    assert (row["status"], bool(row["error"])) == ("failed", True)
    assert row["seconds"] < 60


def test_a_dataset_of_one_tile_is_refused_before_it_is_trained(mapper: Mapper, builds: dict[str, Row], base: str):
    """R34."""
    body = {
        "base_model_stac_id": base,
        "dataset_stac_id": builds["one tile"]["stac_id"],
        "model_name": f"lonely {PERSON}",
    }
    answer = mapper.post("/trainings/submit/", json=body)
    assert answer.status_code in (400, 409, 422), answer.text
    assert "tile" in answer.json()["detail"] or "chip" in answer.json()["detail"]


# Names

NAMES = ("नक्सा 2", "東京の屋根2", "أسطح 2", "Крыши 2", "Żółte dachy", "Ŋgoma")


def test_names_in_other_scripts_stay_apart(mapper: Mapper, ground: tuple[Row, list[Row]], base: str):
    """R31. Each name is a model of its own; the runs are stopped at once."""
    models = {}
    for name in NAMES:
        body = {"base_model_stac_id": base, "dataset_stac_id": ground[0]["stac_id"], "model_name": f"{name} {PERSON}"}
        answer = mapper.post("/trainings/submit/", json=body)
        assert answer.status_code == 202, (name, answer.text)
        mapper.post(f"/trainings/{answer.json()['id']}/cancel/")
        models[name] = answer.json()["local_model"]
    assert len(set(models.values())) == len(NAMES)


# Predictions


@pytest.fixture(scope="module")
def predicted(mapper: Mapper, tiles: OddTiles, model: str) -> Row:
    """Of a box that touches nine tiles, one of which the server does not have, and holds one of them as a whole."""
    asked = ring(0.4, 1.4, 2.6, 3.6)
    body = {
        "model_stac_id": model, "image_uri": spellings(tiles)["rows from the south"], "zoom": places.ZOOM,
        "bbox": shape(polygon(asked)).bounds, "params": {"confidence_threshold": 0.4},
    }  # fmt: skip
    answer = mapper.post("/predictions/submit/", json=body)
    assert answer.status_code == 202, answer.text
    path = f"/predictions/{answer.json()['id']}/"
    row = mapper.until(path, lambda row: row["results_ready"] or row["status"] in ("failed", "stopped"))
    assert row["results_ready"], row["error"]
    return row


def test_every_tile_of_the_box_is_looked_at_or_told(predicted: Row):
    """R21, R26."""
    outcome = predicted["outcome"]["tiles"]
    assert told(outcome) >= 1
    assert outcome["wanted"] == 9
    spot = places.tile(*odd_tiles.MISSING)
    assert str(spot.x) in str(outcome["left_out"])


def test_results_are_counted_and_belong_to_the_box(predicted: Row):
    """docs/decisions/0035: what has the point on its surface in the area."""
    features = httpx.get(predicted["assets"]["geojson"], timeout=30, follow_redirects=True).json()["features"]
    outcome = predicted["outcome"]["features"]
    told(outcome)
    assert outcome["done"] == len(features)
    asked = box(*shape(predicted["geometry"]).bounds).buffer(1e-7)
    assert all(asked.contains(shape(one["geometry"]).point_on_surface()) for one in features)


def test_a_small_box_can_be_predicted(mapper: Mapper, tiles: OddTiles, model: str):
    """R26. It holds no whole tile; the run is stopped at once."""
    body = {"model_stac_id": model, "image_uri": tiles.url("good"), "zoom": places.ZOOM,
            "bbox": shape(polygon(ring(5.2, 5.2, 5.8, 5.8))).bounds}  # fmt: skip
    answer = mapper.post("/predictions/submit/", json=body)
    assert answer.status_code == 202, answer.text
    mapper.post(f"/predictions/{answer.json()['id']}/cancel/")


def test_a_box_over_the_antimeridian_can_be_predicted_or_is_told(mapper: Mapper, tiles: OddTiles, model: str):
    """R15."""
    box_ = [179.9995, -16.801, -179.9995, -16.8]
    body = {"model_stac_id": model, "image_uri": tiles.url("good"), "zoom": places.ZOOM, "bbox": box_}
    answer = mapper.post("/predictions/submit/", json=body)
    if answer.status_code == 202:
        mapper.post(f"/predictions/{answer.json()['id']}/cancel/")
    else:
        assert answer.status_code == 400
        assert "180" in answer.text


def test_nothing_is_found_where_there_is_no_imagery(mapper: Mapper, tiles: OddTiles, model: str):
    """R24. The western half of each tile is transparent."""
    body = {"model_stac_id": model, "image_uri": tiles.url("half"), "zoom": places.ZOOM,
            "bbox": shape(area(6, 6)).bounds, "params": {"confidence_threshold": 0.3}}  # fmt: skip
    answer = mapper.post("/predictions/live/", json=body)
    assert answer.status_code == 200, answer.text
    empty = shape(polygon(ring(6, 6, 6.48, 7)))
    assert not [one for one in answer.json()["features"] if empty.contains(shape(one["geometry"]).centroid)]


# OSM XML


def osm(mapper: Mapper, *features: Any) -> ET.Element:
    answer = mapper.post("/geojson2osm/", json={"geojson": places.collection(*features)})
    assert answer.status_code == 200, answer.text
    return ET.fromstring(answer.text)


def test_osm_xml_repeats_no_node(mapper: Mapper):
    """R28."""
    (a, b, c, d, _) = places.house_ring(0)
    near = [c[0] + 2e-10, c[1] - 2e-10]
    speck = [a, [a[0] + 2e-9, a[1]], [a[0] + 2e-9, a[1] + 2e-9], a]
    root = osm(mapper, house(1, building="yes"), *(feature(polygon(one), {"building": "yes"})
                                                     for one in ([a, b, c, near, d, a], speck)))  # fmt: skip
    for way in root.iter("way"):
        refs = [node.get("ref") for node in way.iter("nd")]
        assert all(first != second for first, second in itertools.pairwise(refs)), refs
        assert len(set(refs)) >= 3
    assert len(list(root.iter("way"))) == 2
    assert max(Counter(node.get("id") for node in root.iter("node")).values()) == 1


def test_predictions_become_osm_with_tags_of_osm(mapper: Mapper, predicted: Row):
    """R29."""
    features = httpx.get(predicted["assets"]["geojson"], timeout=30, follow_redirects=True).json()["features"]
    assert features, "the sample has roofs"
    root = osm(mapper, *features[:5])
    # an outline with a courtyard is a relation, whose ways have no tags
    objects = [*root.iter("way"), *root.iter("relation")]
    tags = [{tag.get("k"): tag.get("v") for tag in one.iter("tag")} for one in objects]
    tagged = [one for one in tags if one]
    assert len(tagged) == min(5, len(features))
    assert all(one["building"] == "yes" for one in tagged)
    assert not {"class", "confidence", "source", "label"} & {key for one in tagged for key in one}
