"""The files of a result, without any server."""

import json

import orjson
import pyogrio
import pytest
from prediction_values import box

from prediction.results.domain import Contradiction
from prediction.results.make import Promise, make

PROMISE = Promise(["building", "polygon"], [{"key": "confidence", "type": "number"}])


def square(x: float, **properties) -> dict:
    return {"type": "Feature", "geometry": box(x, 0, x + 1e-4, 1e-4), "properties": properties}


def made(tmp_path, *features: dict, mapped=None):
    raw = tmp_path / "raw.json"
    raw.write_bytes(orjson.dumps({"type": "FeatureCollection", "features": features}))
    return make(raw, PROMISE, (10, 14), mapped)


@pytest.mark.spec("18.6", "pmtiles skipped when empty")
def test_empty_result_has_no_pmtiles(tmp_path):
    nothing = made(tmp_path)
    assert [path.name for path in nothing.files] == ["predictions.geojson", "predictions.fgb"]
    assert json.loads(nothing.files[0].read_text()) == {"type": "FeatureCollection", "features": []}
    assert (nothing.feature_count, len(pyogrio.raw.read(nothing.files[1])[2])) == (0, 0)


@pytest.mark.spec("18.6", "fgb, pmtiles")
def test_mixed_geometries_and_properties_are_kept(tmp_path):
    two = {"type": "MultiPolygon", "coordinates": [box(0, 0, 1, 1)["coordinates"], box(2, 0, 3, 1)["coordinates"]]}
    features = [square(0, confidence=1, label="a"), square(1, confidence=0.5), square(2) | {"geometry": two}]
    geojson, fgb, pmtiles = made(tmp_path, *features).files
    assert json.loads(geojson.read_text())["features"] == features
    _, _, geometry, values = pyogrio.raw.read(fgb)
    assert len(geometry) == 3
    assert sorted(v for v in values[0] if v == v) == [0.5, 1.0]
    assert (pmtiles.read_bytes()[:7], pmtiles.read_bytes()[100:102]) == (b"PMTiles", bytes([10, 14]))


def test_all_on_the_map_is_an_empty_result(tmp_path):
    files = made(tmp_path, square(0), mapped=[square(0)]).files
    assert [path.name for path in files] == ["predictions.geojson", "predictions.fgb", "removed_osm.geojson"]
    assert json.loads(files[2].read_text())["features"] == [square(0)]


@pytest.mark.spec("18.6", "post-processing validates")
def test_contradiction_is_told(tmp_path):
    with pytest.raises(Contradiction):
        made(tmp_path, square(0, confidence="high"))
