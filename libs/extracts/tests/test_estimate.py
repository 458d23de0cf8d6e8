"""What an extract would be, without making it."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import shapely

from extracts.errors import NoOverlap
from extracts.estimate import estimate_raster, estimate_vector
from extracts.raster import cut_raster
from extracts.testing import FileServer, MakeRaster, outline
from extracts.vector import VectorFormat, cut_layer, cut_vector, layer_of_rows

AREA = outline(shapely.box(1, -9, 9, -1))


def test_pixels_and_figures_of_a_raster(make_raster: MakeRaster, tmp_path: Path, server: FileServer):
    values = np.random.default_rng(2).normal(50, 5, (2000, 2000)).astype("float32")
    values[:, :1000] = -1
    source = make_raster(values, pixel=0.005, nodata=-1, tiled=True, blockxsize=256, blockysize=256)
    found = estimate_raster(f"{server.url}/source.tif", AREA)
    assert found.pixels == cut_raster(source, AREA, tmp_path / "out.tif").pixels == 1600 * 1600
    assert found.bytes == found.pixels * 4
    assert found.mean == pytest.approx(50, abs=0.5)
    assert found.least < 40 < 60 < found.most
    assert found.empty_share == pytest.approx(0.5, abs=0.2)
    assert found.seconds > 0
    assert server.sent < source.stat().st_size / 2
    with pytest.raises(NoOverlap):
        estimate_raster(source, outline(shapely.box(20, 20, 21, 21)))


def test_features_and_kinds_of_a_vector_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shapes = shapely.points(np.random.default_rng(2).random((150_000, 2)) * (10, -10))
    rows = ((wkb, {"name": "x" * 20}) for wkb in shapely.to_wkb(shapes))
    layer = layer_of_rows(rows, pa.schema([("name", pa.string())]), "points", "Point")
    cut_layer(layer, outline(shapely.box(0, -10, 10, 0)), tmp_path / "in.fgb", VectorFormat("FlatGeobuf"))
    made = cut_vector(tmp_path / "in.fgb", AREA, tmp_path / "out.fgb", VectorFormat("FlatGeobuf"))
    found = estimate_vector(tmp_path / "in.fgb", AREA)
    assert (found.features, found.kinds, found.exact) == (made.counts.parts, {"Point": made.counts.parts}, True)
    assert found.bytes == pytest.approx((tmp_path / "out.fgb").stat().st_size, rel=0.6)
    monkeypatch.setattr("extracts.estimate.READING_TIME", 0)
    part = estimate_vector(tmp_path / "in.fgb", AREA)
    assert not part.exact
    assert part.features == pytest.approx(made.counts.parts, rel=0.6)
