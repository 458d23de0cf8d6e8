"""The files of a result, without any server."""

import io
import json
import tracemalloc
import zipfile

import orjson
import pyogrio
import pytest
from prediction_values import box

from prediction.results import make as make_module
from prediction.results.domain import Contradiction
from prediction.results.make import Promise, make
from prediction.results.share import Share

PROMISE = Promise(["building", "polygon"], [{"key": "confidence", "type": "number"}])


def square(x: float, **properties) -> dict:
    return {"type": "Feature", "geometry": box(x, 0, x + 1e-4, 1e-4), "properties": properties}


def made(tmp_path, *features: dict, mapped=None):
    return made_of(tmp_path, orjson.dumps({"type": "FeatureCollection", "features": features}), mapped)


def made_of(tmp_path, output: bytes, mapped=None):
    raw = tmp_path / "raw.json"
    raw.write_bytes(output)
    return make(raw, PROMISE, (10, 14), mapped and archived(mapped), Share(tmp_path / "share"))


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
    assert (nothing.feature_count, len(pyogrio.raw.read(nothing.files[1])[2])) == (0, 0)


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
    assert 0.9 < Share(tmp_path / "share").told() <= 1


def test_features_are_not_all_in_memory_at_once(tmp_path):
    """40 MB of features; what Python holds at its worst is a small share of that."""
    features = [square(n % 100, name="x" * 1000) for n in range(40_000)]
    (tmp_path / "raw.json").write_bytes(orjson.dumps({"type": "FeatureCollection", "features": features}))
    del features
    tracemalloc.start()
    count, files = make_module._write(tmp_path / "raw.json", PROMISE, None, Share(tmp_path / "share"))
    worst = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (count, files[0].stat().st_size > 40_000_000) == (40_000, True)
    assert worst < 8_000_000
