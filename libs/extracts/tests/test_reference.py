"""The facts of the reference, on the sample: windows of section 13.1, counts of 13.2 and 13.3."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyogrio
import pytest
import rasterio
import shapely

from extracts.errors import NoOverlap
from extracts.outline import Outline
from extracts.raster import RasterFormat, cut_raster
from extracts.vector import VectorFormat, cut_layer, cut_vector, layer_of_rows, open_points

WINDOWS = [
    ("gambia", "drought", (326, 152, 7, 2)), ("gambia", "storm", (326, 152, 7, 2)),
    ("gambia", "river", (326, 152, 7, 2)), ("gambia", "targets", (23, 282, 61, 16)),
    ("gambia", "relief", (23, 282, 61, 16)), ("gambia", "lv", (26, 340, 61, 19)),
    ("gambia", "population", (119, 381, 299, 92)), ("gambia", "built", (184, 198, 1491, 457)),
    ("ghana", "targets", (295, 338, 85, 42)),
]  # fmt: skip
GRID = {"gambia": 84, "mali": 1673, "ghana": 1101, "zambia": 0}
ROADS = {"gambia": 2, "mali": 109, "ghana": 15, "zambia": 0}
OSM = {"gambia": (76, 10), "mali": (189, 10), "ghana": (0, 0), "zambia": (0, 0)}
PLANTS = {"gambia": 1, "mali": 82, "ghana": 4, "zambia": 0}


@pytest.mark.parametrize(("boundary", "source", "expected"), WINDOWS)
@pytest.mark.parametrize("driver", ["GTiff", "COG"])
def test_windows_and_pixels(
    sources: dict[str, Path], boundaries: dict[str, Outline], tmp_path: Path, boundary: str, source: str,
    expected: tuple[int, int, int, int], driver: str,
):  # fmt: skip
    found = cut_raster(sources[source], boundaries[boundary], tmp_path / "out.tif", RasterFormat(driver=driver)).window
    assert (found.column, found.row, found.width, found.height) == expected
    with rasterio.open(sources[source]) as old, rasterio.open(tmp_path / "out.tif") as new:
        np.testing.assert_array_equal(new.read(), old.read(window=found.slices))
        for name in ("crs", "nodata", "dtypes", "res", "colorinterp", "scales", "offsets", "units", "descriptions"):
            assert getattr(new, name) == getattr(old, name), name


def test_a_raster_that_does_not_reach_there(sources: dict[str, Path], boundaries: dict[str, Outline], tmp_path: Path):
    with pytest.raises(NoOverlap):
        cut_raster(sources["targets"], boundaries["zambia"], tmp_path / "out.tif")


def test_a_country_over_the_antimeridian(sources: dict[str, Path], boundaries: dict[str, Outline], tmp_path: Path):
    russia = boundaries["russia"]
    assert (russia.envelope[0], russia.envelope[2]) == (-180, 180)
    found = cut_raster(sources["drought"], russia, tmp_path / "out.tif", RasterFormat(outside="empty"))
    assert [(one.column, one.width) for one in found.windows] == [(0, 21), (399, 321)]


@pytest.mark.parametrize("boundary", GRID)
def test_lines_that_meet_the_outline(
    sources: dict[str, Path], boundaries: dict[str, Outline], tmp_path: Path, boundary: str
):
    chosen = VectorFormat(cut_column=None)
    found = cut_vector(sources["grid"], boundaries[boundary], tmp_path / "grid.gpkg", chosen)
    info = pyogrio.read_info(tmp_path / "grid.gpkg")
    assert found.counts.parts == info["features"] == GRID[boundary]
    assert (list(info["fields"]), info["crs"], info["layer_name"]) == (["source"], "EPSG:4326", "grid")
    every = pyogrio.raw.read(sources["grid"])[2]
    whole = {bytes(one) for one in every if boundaries[boundary].surface.intersects(shapely.from_wkb(one))}
    assert {bytes(one) for one in pyogrio.raw.read(tmp_path / "grid.gpkg")[2]} == whole


@pytest.mark.parametrize("boundary", ROADS)
def test_roads_cut_to_the_outline(
    sources: dict[str, Path], boundaries: dict[str, Outline], tmp_path: Path, boundary: str
):
    found = cut_vector(sources["roads"], boundaries[boundary], tmp_path / "roads.gpkg", VectorFormat(mode="clip"))
    assert found.counts.parts == ROADS[boundary]
    lines = shapely.from_wkb(pyogrio.raw.read(tmp_path / "roads.gpkg")[2])
    assert not lines.size or shapely.within(lines, boundaries[boundary].surface.buffer(1e-9)).all()


@pytest.mark.parametrize("boundary", OSM)
def test_openstreetmap_lines_cut_to_the_outline(
    sources: dict[str, Path], boundaries: dict[str, Outline], tmp_path: Path, boundary: str
):
    chosen = VectorFormat(mode="clip", kinds={"LineString"})
    layer = layer_of_rows(osm_rows(sources["features"]), pa.schema([("asset_id", pa.float64())]), "osm")
    counts = cut_layer(layer, boundaries[boundary], tmp_path / "osm.gpkg", chosen).counts
    skipped = sum(number for reason, number in counts.skipped.items() if reason.startswith("part is a"))
    assert (counts.parts, skipped) == OSM[boundary]
    plainly = [
        part.wkb
        for wkb, _ in osm_rows(sources["features"])
        for part in shapely.get_parts(boundaries[boundary].surface.intersection(shapely.from_wkb(wkb)))
        if part.geom_type == "LineString" and not part.is_empty
    ]
    cut = shapely.from_wkb(pyogrio.raw.read(tmp_path / "osm.gpkg")[2])
    plain = shapely.from_wkb(plainly)
    order = [np.argsort(shapely.to_wkb(shapely.normalize(shapes))) for shapes in (cut, plain)]
    assert shapely.equals_exact(shapely.normalize(cut[order[0]]), shapely.normalize(plain[order[1]]), 1e-12).all()


@pytest.mark.parametrize("boundary", PLANTS)
def test_power_plants(sources: dict[str, Path], boundaries: dict[str, Outline], tmp_path: Path, boundary: str):
    with open_points(sources["plants"], "longitude", "latitude", {"capacity_mw": pa.float64()}) as layer:
        found = cut_layer(layer, boundaries[boundary], tmp_path / "plants.gpkg", VectorFormat(cut_column=None))
    assert found.counts.parts == PLANTS[boundary]
    assert len(pyogrio.read_info(tmp_path / "plants.gpkg")["fields"]) == 36


def osm_rows(path: Path) -> Iterator[tuple[bytes, dict]]:
    csv.field_size_limit(1 << 24)
    with path.open() as file:
        for row in csv.DictReader(file):
            yield shapely.to_wkb(shapely.from_wkb(row["geom"])), json.loads(row["properties"])
