"""The files of a result, without any server."""

import io
import json
import tracemalloc
import zipfile

import numpy as np
import orjson
import pyogrio
import pytest
import shapely
from pmtiles.reader import MemorySource, Reader
from prediction_values import box

from kit.vector_tiles import Caption
from prediction.results import write_files as make_module
from prediction.results.area import OUTSIDE
from prediction.results.domain import Contradiction
from prediction.results.progress_file import ProgressFile
from prediction.results.tally import RENAMED
from prediction.results.values import BIG
from prediction.results.write_files import ExpectedOutput, Task, write_files

PROMISE = ExpectedOutput(["building", "polygon"], [{"key": "confidence", "type": "number"}])
CAPTION = Caption("Prediction 7", "roofs <of> the valley", "Predicted by toy")
WORLD = shapely.box(-180, -90, 180, 90)


def square(x: float, **properties) -> dict:
    return {"type": "Feature", "geometry": box(x, 0, x + 1e-4, 1e-4), "properties": properties}


def made(tmp_path, *features: dict, mapped=None, area=WORLD):
    return made_of(tmp_path, orjson.dumps({"type": "FeatureCollection", "features": features}), mapped, area)


def made_of(tmp_path, output: bytes, mapped=None, area=WORLD):
    return write_files(task(tmp_path, output, mapped, area), ProgressFile(tmp_path / "progress"))


def task(tmp_path, output: bytes, mapped=None, area=WORLD) -> Task:
    raw = tmp_path / "raw.json"
    raw.write_bytes(output)
    return Task(raw, PROMISE, area, mapped and archived(mapped), (10, 14), CAPTION)


def archived(features: list[dict]) -> bytes:
    """As the Raw Data API sends them."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("fairway.geojson", orjson.dumps({"type": "FeatureCollection", "features": features}))
    return content.getvalue()


@pytest.mark.spec("18.6", "pmtiles skipped when empty")
def test_empty_result_has_no_pmtiles(tmp_path):
    nothing = made(tmp_path)
    assert [path.name for path in nothing.files] == [
        "predictions.geojson",
        "predictions.fgb",
        "predictions_points.geojson",
    ]
    assert json.loads(nothing.files[0].read_text()) == {"type": "FeatureCollection", "features": []}
    assert (nothing.outcome.wanted, len(pyogrio.raw.read(nothing.files[1])[2])) == (0, 0)


@pytest.mark.spec("18.6", "fgb, pmtiles")
def test_mixed_geometries_and_properties_are_kept(tmp_path):
    two = {"type": "MultiPolygon", "coordinates": [box(0, 0, 1, 1)["coordinates"], box(2, 0, 3, 1)["coordinates"]]}
    features = [square(0, confidence=1, label="a"), square(1, confidence=0.5), square(2) | {"geometry": two}]
    geojson, fgb, points, pmtiles = made(tmp_path, *features).files
    assert json.loads(geojson.read_text())["features"] == features
    middles = json.loads(points.read_text())["features"]
    assert [one["properties"] for one in middles] == [one["properties"] for one in features]
    assert middles[2]["geometry"] == {"type": "Point", "coordinates": [1.5, 0.5]}
    _, _, geometry, values = pyogrio.raw.read(fgb)
    assert len(geometry) == 3
    assert sorted(v for v in values[0] if v == v) == [0.5, 1.0]
    assert (pmtiles.read_bytes()[:7], pmtiles.read_bytes()[100:102]) == (b"PMTiles", bytes([10, 14]))


def test_all_on_the_map_is_an_empty_result(tmp_path):
    files = made(tmp_path, square(0), mapped=[square(0)]).files
    assert [path.name for path in files] == [
        "predictions.geojson", "predictions.fgb", "predictions_points.geojson", "removed_osm.geojson",
    ]  # fmt: skip
    assert json.loads(files[3].read_text())["features"] == [square(0)]


def test_what_the_map_denies_is_new(tmp_path):
    denied = square(0) | {"properties": {"tags": {"building": "no", "amenity": "parking"}}}
    files = made(tmp_path, square(0), mapped=[denied]).files
    assert json.loads(files[0].read_text())["features"] == [square(0)]


@pytest.mark.spec("18.6", "post-processing validates")
def test_contradiction_is_told(tmp_path):
    with pytest.raises(Contradiction):
        made(tmp_path, square(0, confidence="high"))


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (b"[]", "no GeoJSON FeatureCollection"),
        (b'{"type":"Feature"}', "no GeoJSON FeatureCollection"),
        (b'{"type":"FeatureCollection","features":[{"type":"Fea', "no GeoJSON FeatureCollection"),
        (b'{"type":"FeatureCollection","features":[NaN]}', "no GeoJSON FeatureCollection"),
        (b'{"type":"FeatureCollection"}', "no list of features"),
        (b'{"type":"FeatureCollection","features":{}}', "no list of features"),
    ],
)
def test_what_is_no_collection_contradicts(tmp_path, output, words):
    with pytest.raises(Contradiction, match=words):
        made_of(tmp_path, output)


def test_order_of_the_members_does_not_matter(tmp_path):
    output = orjson.dumps({"features": [square(0)], "bbox": [0, 0, 1, 1], "type": "FeatureCollection"})
    assert json.loads(made_of(tmp_path, output).files[0].read_text())["features"] == [square(0)]


def test_progress_is_told_to_the_end(tmp_path):
    made(tmp_path, square(0))
    assert 0.9 < ProgressFile(tmp_path / "progress").read() <= 1


def test_features_are_not_all_in_memory_at_once(tmp_path):
    """40 MB of features; what Python holds at its worst is a small share of that."""
    features = [square(n % 100, name="x" * 4000) for n in range(10_000)]
    (tmp_path / "raw.json").write_bytes(orjson.dumps({"type": "FeatureCollection", "features": features}))
    del features
    tracemalloc.start()
    outcome, _, files = make_module._write(
        Task(tmp_path / "raw.json", PROMISE, WORLD, None, (10, 14), CAPTION), ProgressFile(tmp_path / "progress")
    )
    worst = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (outcome.done, files[0].stat().st_size > 40_000_000) == (10_000, True)
    assert worst < 8_000_000


def ring(*positions: list) -> dict:
    return {"type": "Polygon", "coordinates": [list(positions)]}


def features_in(path) -> list[dict]:
    return json.loads(path.read_text())["features"]


def test_features_belong_to_the_area_where_the_point_on_their_surface_lies(tmp_path):
    """Kept whole or left out, the same in all files, and counted."""
    area = shapely.box(0, 0, 1.00004, 1)
    result = made(tmp_path, square(0.5), square(1.0), square(0.99999), square(2.0), area=area)
    assert result.outcome.model_dump() == {
        "wanted": 4, "done": 2, "altered": [],
        "left_out": [{"reason": OUTSIDE, "count": 2, "examples": ["feature 1", "feature 3"]}],
    }  # fmt: skip
    geojson, fgb, points, _ = result.files
    assert features_in(geojson) == [square(0.5), square(0.99999)]
    assert [len(features_in(points)), len(pyogrio.raw.read(fgb)[2])] == [2, 2]


def test_what_is_on_the_map_is_counted(tmp_path):
    outcome = made(tmp_path, square(0), square(1), mapped=[square(0)]).outcome
    assert (outcome.wanted, outcome.done, [(one.count, one.examples) for one in outcome.left_out]) == (
        2, 1, [(1, ["feature 0"])],
    )  # fmt: skip


def test_features_without_a_valid_geometry_are_left_out_and_told(tmp_path):
    nothing = square(0) | {"geometry": None}
    line = square(0) | {"geometry": ring([0, 0], [1, 1], [0, 0], [0, 0])}
    short = square(0) | {"geometry": ring([0, 0], [1, 1])}
    outcome = made(tmp_path, nothing, square(3) | {"properties": None}, line, short).outcome
    assert (outcome.done, [(one.count, one.examples) for one in outcome.left_out]) == (
        1, [(3, ["feature 0", "feature 2", "feature 3"])],
    )  # fmt: skip


def test_broken_outlines_are_repaired_and_rings_wound_as_the_standard_says(tmp_path):
    bow_tie = square(0) | {"geometry": ring([0, 0], [1, 1], [1, 0], [0, 1], [0, 0])}
    clockwise = square(0) | {"geometry": ring([2, 0], [2, 1], [3, 1], [3, 0], [2, 0])}
    result = made(tmp_path, bow_tie | {"geometry": bow_tie["geometry"]}, clockwise)
    shapes = [shapely.from_geojson(json.dumps(one["geometry"])) for one in features_in(result.files[0])]
    assert [round(shape.area, 9) for shape in shapes] == [0.5, 1]
    assert all(part.exterior.is_ccw for shape in shapes for part in shapely.get_parts(shape))
    assert [(one.count, one.examples) for one in result.outcome.altered] == [(1, ["feature 0"])]


def test_heights_among_flat_shapes_lose_nothing_else(tmp_path):
    high = square(2) | {"geometry": ring([2, 0, 5], [3, 0, 5], [3, 1, 6], [2, 0, 5])}
    deep = square(4) | {"geometry": ring([4, 0, 5, 1], [5, 0, 5, 1], [5, 1, 6, 1], [4, 0, 5, 1])}
    result = made(tmp_path, square(0), high, deep)
    geojson, fgb, *_ = result.files
    shapes = shapely.from_wkb(pyogrio.raw.read(fgb)[2])
    assert (len(features_in(geojson)), len(shapes), shapely.has_z(shapes).any()) == (3, 3, False)
    assert [one.count for one in result.outcome.altered] == [2]


def test_names_that_a_flatgeobuf_cannot_hold_are_told_in_it(tmp_path):
    names = ["", "Name", "name", "fid", "wkb_geometry", "OGC_FID", "geometry", " ", "addr:street", "x\ny"]
    values = {name: number for number, name in enumerate(names)}
    result = made(tmp_path, square(0, **values), square(1))
    info = pyogrio.read_info(result.files[1])
    told = {one["name"]: one["column"] for one in orjson.loads(info["layer_metadata"]["columns"])}
    columns = dict(zip(info["fields"], pyogrio.raw.read(result.files[1])[3], strict=True))
    assert {name: columns[told[name]][~np.isnan(columns[told[name]])] for name in names} == values
    assert told["addr:street"] == "addr:street"
    assert [(one.reason, one.count) for one in result.outcome.altered] == [(RENAMED, 8)]


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 2**64, 10**30])
def test_whole_numbers_beyond_64_bits_keep_their_digits(tmp_path, number):
    result = made_of(tmp_path, json.dumps({"type": "FeatureCollection", "features": [square(0, n=number)]}).encode())
    assert features_in(result.files[0])[0]["properties"] == {"n": str(number)}
    assert [(one.reason, one.examples) for one in result.outcome.altered] == [(BIG, ["feature 0"])]


def test_tiles_of_equal_results_are_equal_and_name_no_folder(tmp_path):
    files = []
    for name in ("one", "another"):
        (tmp_path / name).mkdir()
        files.append(made(tmp_path / name, *(square(n / 10_000, number=n) for n in range(3000))).files[-1])
    metadata = Reader(MemorySource(files[0].read_bytes())).metadata()
    assert files[0].read_bytes() == files[1].read_bytes()
    assert [metadata[key] for key in ("name", "description", "attribution")] == [
        "Prediction 7", "roofs <of> the valley", "Predicted by toy",
    ]  # fmt: skip
    assert metadata["generator_options"].startswith("tippecanoe -o draft-predictions.pmtiles -Z 10")
    assert str(tmp_path) not in json.dumps(metadata)
    assert sorted(path.name for path in files[0].parent.glob("*.pmtiles")) == ["predictions.pmtiles"]
