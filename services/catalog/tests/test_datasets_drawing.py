"""The vector tiles of a build."""

import json
from pathlib import Path

import orjson
import pytest
import shapely
from pmtiles.reader import MemorySource, Reader

from catalog.datasets.build.tile_layers import OPENSTREETMAP, draw

AREA = shapely.box(174.77, -41.3, 174.775, -41.297)


def collection(*shapes: shapely.Polygon, **properties: object) -> bytes:
    features = [
        {"type": "Feature", "geometry": shapely.geometry.mapping(one), "properties": properties} for one in shapes
    ]
    return orjson.dumps({"type": "FeatureCollection", "features": features})


def drawn(folder: Path, **properties: object) -> bytes:
    folder.mkdir()
    roofs = [shapely.box(174.771 + n / 1e4, -41.299, 174.77105 + n / 1e4, -41.29895) for n in range(20)]
    layers = {"labels": collection(*roofs, label=1, **properties), "aois": collection(AREA)}
    draw(folder / "meta.pmtiles", layers, "-Te Aro", "Roofs <of> a valley")
    return (folder / "meta.pmtiles").read_bytes()


@pytest.mark.spec("23", "workspace/training_{id}/")
def test_labels_and_areas_are_two_layers_with_words_for_people(tmp_path):
    tiles = Reader(MemorySource(drawn(tmp_path / "a", osm_id=4, osm_type="way")))
    header, told = tiles.header(), tiles.metadata()
    counted = {layer["layer"]: layer["count"] for layer in told["tilestats"]["layers"]}
    assert counted == {"labels": 20, "aois": 1}
    assert (told["name"], told["description"]) == ("-Te Aro", "Roofs <of> a valley")
    assert told["attribution"] == OPENSTREETMAP
    assert (header["min_zoom"], header["max_zoom"]) == (7, 16)
    assert (header["min_lon_e7"] / 1e7, header["max_lat_e7"] / 1e7) == pytest.approx((174.77, -41.297), abs=1e-4)


def test_the_same_build_draws_the_same_bytes_without_paths(tmp_path):
    one, other = drawn(tmp_path / "a"), drawn(tmp_path / "b")
    assert one == other
    told = Reader(MemorySource(one)).metadata()
    assert str(tmp_path) not in json.dumps(told)
    assert told.get("attribution", "") == ""
