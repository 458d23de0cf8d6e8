"""Features of a cut are those of the source, in every format, and each says whether it was cut."""

import csv
import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from pmtiles.reader import MmapSource, Reader

from extracts.errors import NoOverlap, SourceInvalid, SourceNotAvailable
from extracts.testing import FileServer, outline
from extracts.vector import Layer, VectorFormat, cut_layer, cut_vector, layer_of_rows, open_points
from extracts.vector.select import CUT, WHOLE

AREA = outline(shapely.Polygon([(0, 0), (10, 0), (10, 10), (0, 10)], [[(4, 4), (6, 4), (6, 6), (4, 6)]]))
DRIVERS = ["GPKG", "FlatGeobuf", "GeoParquet", "CSV"]
INSIDE, BORDER, AWAY = "LINESTRING (1 1, 2 2)", "LINESTRING (5 1, 15 1)", "LINESTRING (20 1, 30 1)"
IN_HOLE, OVER_HOLE = "LINESTRING (4.5 5, 5.5 5)", "LINESTRING (3 5, 7 5)"
KNOT = "LINESTRING (1 7, 3 9, 3 7, 1 9)"
"""Crosses itself."""


def layer(
    *shapes: str | bytes | None, properties: dict[str, Any] | None = None, schema: pa.Schema | None = None
) -> Layer:
    wkb = [one if isinstance(one, bytes | None) else shapely.to_wkb(shapely.from_wkt(one)) for one in shapes]
    rows = [(one, properties or {"name": f"n{number}"}) for number, one in enumerate(wkb)]
    return layer_of_rows(rows, schema or pa.schema([("name", pa.string())]), "lines", "LineString")


def read(path: Path, driver: str) -> list[dict[str, Any]]:
    if driver == "GeoParquet":
        rows = pq.read_table(path).drop_columns(["bbox"]).to_pylist()
        return [{**row, "shape": shapely.from_wkb(row.pop("geometry"))} for row in rows]
    if driver == "CSV":
        return [{**row, "shape": shapely.from_wkt(row.pop("wkt"))} for row in csv.DictReader(path.open())]
    meta, _, shapes, fields = pyogrio.raw.read(path)
    rows = [dict(zip(meta["fields"], row, strict=True)) for row in zip(*fields, strict=True)]
    rows = rows or [{} for _ in shapes]
    return [{**row, "shape": shapely.from_wkb(shape)} for row, shape in zip(rows, shapes, strict=True)]


@pytest.mark.parametrize("driver", DRIVERS)
def test_features_that_meet_the_outline_come_whole(tmp_path: Path, driver: str):
    found = cut_layer(layer(INSIDE, BORDER, AWAY, IN_HOLE, OVER_HOLE), AREA, tmp_path / "out", VectorFormat(driver))
    rows = sorted(read(tmp_path / "out", driver), key=lambda row: row["name"])
    assert [(row["name"], row["shape"].wkt, row["cut"]) for row in rows] == [
        ("n0", INSIDE, WHOLE), ("n1", BORDER, WHOLE), ("n4", OVER_HOLE, WHOLE),
    ]  # fmt: skip
    assert (found.counts.read, found.counts.whole, found.counts.cut, found.counts.parts) == (5, 3, 0, 3)


@pytest.mark.parametrize("driver", DRIVERS)
def test_parts_within_the_outline_say_whether_something_is_missing(tmp_path: Path, driver: str):
    found = cut_layer(
        layer(INSIDE, BORDER, AWAY, IN_HOLE, OVER_HOLE, KNOT), AREA, tmp_path / "out", VectorFormat(driver, "clip")
    )
    rows = [(row["name"], row["cut"], round(row["shape"].length, 3)) for row in read(tmp_path / "out", driver)]
    expected = [("n0", WHOLE, 1.414), ("n1", CUT, 5.0), ("n4", CUT, 1.0), ("n4", CUT, 1.0)]
    assert sorted(row for row in rows if row[0] != "n5") == expected
    knot = [row for row in rows if row[0] == "n5"]
    assert [row[1] for row in knot] == [WHOLE] * 3
    assert sum(row[2] for row in knot) == pytest.approx(2 * 8**0.5 + 2, abs=0.01)
    assert (found.counts.whole, found.counts.cut, found.counts.parts) == (2, 2, 7)


def test_a_fine_outline_gives_the_parts_of_plain_intersection(tmp_path: Path):
    """Although only what is near of it is cut with: nine thousand vertices, lines short and long, surfaces."""
    angle, random = np.linspace(0, 2 * np.pi, 9000, endpoint=False), np.random.default_rng(4)
    reach = 4 + 0.5 * np.sin(40 * angle) + 0.1 * np.sin(900 * angle)
    fine = outline(shapely.Polygon(np.column_stack([5 + reach * np.cos(angle), 5 + reach * np.sin(angle)])))
    starts = random.random((600, 1, 2)) * 10
    lines = shapely.linestrings(
        starts + np.cumsum(random.normal(0, [[[0.02]]] * 400 + [[[1.0]]] * 200, (600, 4, 2)), 1)
    )
    shapes = [*lines, *shapely.buffer(lines[:100], 0.05)]
    cut_layer(layer(*shapely.to_wkb(shapes)), fine, tmp_path / "out", VectorFormat("CSV", "clip"))
    found = np.array([row["shape"] for row in read(tmp_path / "out", "CSV")])
    plain = shapely.get_parts(shapely.intersection(shapes, fine.surface))
    plain = plain[(shapely.get_dimensions(plain) > 0) & ~shapely.is_empty(plain)]
    order = [np.lexsort(shapely.get_coordinates(shapely.centroid(one)).round(9).T) for one in (found, plain)]
    pairs = [shapely.normalize(one[places]) for one, places in zip((found, plain), order, strict=True)]
    assert shapely.equals_exact(*pairs, 1e-12).all()


def test_parts_of_other_dimensions_are_counted_not_written(tmp_path: Path):
    touching = "LINESTRING (10 5, 12 5)"
    found = cut_layer(layer(touching, BORDER, "POINT (1 1)"), AREA, tmp_path / "out", VectorFormat("CSV", "clip"))
    assert found.counts.skipped == {"part is a Point": 1}
    assert sorted(row["shape"].geom_type for row in read(tmp_path / "out", "CSV")) == ["LineString", "Point"]
    kinds = VectorFormat("CSV", "clip", kinds={"LineString"})
    assert cut_layer(layer(touching, BORDER, "POINT (1 1)"), AREA, tmp_path / "out", kinds).counts.parts == 1


def test_polygons_that_are_broken_are_mended_where_they_are_cut(tmp_path: Path):
    bow = "POLYGON ((8 8, 12 12, 12 8, 8 12, 8 8))"
    found = cut_layer(layer(bow), AREA, tmp_path / "out", VectorFormat("CSV", "clip"))
    [row] = read(tmp_path / "out", "CSV")
    assert (found.counts.repaired, found.counts.cut, row["shape"].is_valid) == (1, 1, True)
    assert row["shape"].area == pytest.approx(2)


def test_what_has_no_geometry_is_counted(tmp_path: Path):
    found = cut_layer(layer(None, b"junk", INSIDE), AREA, tmp_path / "out", VectorFormat("CSV"))
    assert (found.counts.parts, found.counts.skipped) == (1, {"no geometry, or none that can be read": 2})


def test_an_edge_of_the_outline_belongs_to_it(tmp_path: Path):
    edge = "LINESTRING (0 2, 0 8)"
    found = cut_layer(layer(edge), AREA, tmp_path / "out", VectorFormat("CSV", "clip"))
    assert (found.counts.whole, found.counts.cut) == (1, 0)


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("mode", ["filter", "clip"])
def test_no_match_is_a_valid_file_of_no_features(tmp_path: Path, driver: str, mode: str):
    cut_layer(layer(AWAY), AREA, tmp_path / "out", VectorFormat(driver, mode))
    assert read(tmp_path / "out", driver) == []


@pytest.mark.parametrize("driver", ["GPKG", "FlatGeobuf", "GeoParquet"])
def test_values_stay_what_they_are(tmp_path: Path, driver: str):
    schema = pa.schema([
        ("big", pa.int64()), ("small", pa.int32()), ("real", pa.float64()), ("yes", pa.bool_()), ("text", pa.string()),
        ("when", pa.timestamp("ms")), ("tags", pa.list_(pa.string())), ("more", pa.struct([("a", pa.int64())])),
        ("huge", pa.uint64()), ("Text", pa.string()), ("Road", pa.string()), ("road", pa.string()), ("fid", pa.int64()),
    ])  # fmt: skip
    values = {
        "big": 2**53 + 1, "small": 7, "real": 0.1, "yes": True, "text": "Côte d'Ivoire", "when": datetime(2024, 2, 29),
        "tags": ["a", "b"], "more": {"a": 1}, "huge": 2**64 - 1, "Text": "other", "fid": 9,
    }  # fmt: skip
    found = cut_layer(layer(INSIDE, properties=values, schema=schema), AREA, tmp_path / "out", VectorFormat(driver))
    [row] = read(tmp_path / "out", driver)
    expected = {"big": 2**53 + 1, "small": 7, "real": 0.1, "yes": True, "text": "Côte d'Ivoire", "Text_1": "other"}
    assert {name: row[name] for name in expected} == expected
    assert (row["tags"], row["more"], row["huge"]) == ('["a","b"]', '{"a":1}', str(2**64 - 1))
    assert found.as_json == ("tags", "more", "huge")
    assert (found.renamed["Text"], found.renamed["road"]) == ("Text_1", "road_1")
    assert ("fid" in found.renamed) == (driver == "GPKG")


@pytest.mark.parametrize("driver", [*DRIVERS, "PMTiles"])
def test_an_equal_request_makes_equal_bytes(tmp_path: Path, driver: str):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        cut_layer(layer(INSIDE, BORDER, KNOT), AREA, tmp_path / name / "out", VectorFormat(driver, zooms=(0, 4)))
    assert (tmp_path / "a" / "out").read_bytes() == (tmp_path / "b" / "out").read_bytes()


def test_map_tiles_have_the_features_and_their_whole_numbers(tmp_path: Path):
    schema = pa.schema([("n", pa.int64())])
    chosen = VectorFormat("PMTiles", zooms=(0, 3), attribution="© somebody")
    cut_layer(layer(INSIDE, properties={"n": 3}, schema=schema), AREA, tmp_path / "out.pmtiles", chosen)
    with (tmp_path / "out.pmtiles").open("rb") as file:
        reader = Reader(MmapSource(file))
        metadata = reader.metadata()
        assert reader.get(0, 0, 0)
    assert metadata["vector_layers"][0]["fields"] == {"n": "Number", "cut": "String"}
    assert "somebody" in metadata["attribution"]
    with pytest.raises(NoOverlap, match="map tiles cannot be empty"):
        cut_layer(layer(AWAY), AREA, tmp_path / "none.pmtiles", chosen)
    assert not (tmp_path / "none.pmtiles").exists()


def test_geoparquet_is_1_1_with_boxes_in_hilbert_order(tmp_path: Path):
    random = np.random.default_rng(1)
    places = random.random((120_000, 2)) * 10
    wkb = shapely.to_wkb(shapely.points(places))
    rows = ((one, {"name": str(number)}) for number, one in enumerate(wkb))
    source = layer_of_rows(rows, pa.schema([("name", pa.string())]), "points", "Point")
    cut_layer(source, AREA, tmp_path / "out.parquet", VectorFormat("GeoParquet"))
    file = pq.ParquetFile(tmp_path / "out.parquet")
    geo = json.loads(file.schema_arrow.metadata[b"geo"])
    assert geo["version"] == "1.1.0"
    assert geo["columns"]["geometry"]["covering"]["bbox"]["xmax"] == ["bbox", "xmax"]
    assert geo["columns"]["geometry"]["geometry_types"] == ["Point"]
    assert max(file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)) <= 50_000
    table = file.read()
    xs, ys = (np.array([box[corner] for box in table["bbox"].to_pylist()]) for corner in ("xmin", "ymin"))
    steps = np.hypot(np.diff(xs), np.diff(ys))
    assert np.median(steps) < 0.1, "neighbours in the file are neighbours on the ground"
    kept = shapely.intersects(AREA.surface, shapely.points(places))
    assert sorted(table["name"].to_pylist()) == sorted(np.arange(len(places))[kept].astype(str))


def test_geoparquet_sorts_more_than_memory_by_way_of_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shapes = [f"POINT ({x} {y})" for x in np.linspace(0.1, 9.9, 60) for y in np.linspace(0.1, 3.9, 60)]
    for name, bucket in (("one", 1 << 30), ("many", 20_000)):
        monkeypatch.setattr("extracts.vector.sorting.BUCKET", bucket)
        cut_layer(layer(*shapes), AREA, tmp_path / name, VectorFormat("GeoParquet"))
    one, many = (pq.read_table(tmp_path / name) for name in ("one", "many"))
    assert one.equals(many)
    assert len(one) == 3600


@pytest.fixture
def crossing(tmp_path: Path) -> Path:
    """Lines in every corner, one of them over both boxes of Fiji."""
    shapes = ["LINESTRING (178 -3, 179 -3)", "LINESTRING (-179 -3, -178 -3)", "LINESTRING (-179 -2, 179 -2)", INSIDE]
    table = pa.table(
        {"name": list("abcd"), "geom": pa.array([shapely.from_wkt(one).wkb for one in shapes], pa.binary())}
    )
    pyogrio.raw.write_arrow(
        table,
        tmp_path / "lines.fgb",
        driver="FlatGeobuf",
        geometry_name="geom",
        geometry_type="LineString",
        crs="EPSG:4326",
    )
    return tmp_path / "lines.fgb"


def test_a_feature_near_both_boxes_comes_once(crossing: Path, tmp_path: Path):
    fiji = outline(shapely.box(177, -4, 182, 0))
    found = cut_vector(crossing, fiji, tmp_path / "out", VectorFormat("CSV"))
    assert sorted(row["name"] for row in read(tmp_path / "out", "CSV")) == ["a", "b", "c"]
    assert found.counts.parts == 3


def test_a_feature_of_the_second_box_whose_bounds_meet_the_first_comes(tmp_path: Path):
    """GDAL leaves it out of the first: no part of it lies there."""
    apart = shapely.union_all([shapely.box(179, 30, 180, 31), shapely.box(-180, 10, -179, 11)])
    shapes = shapely.to_wkb(np.array([apart]))
    place = {"geometry_type": "MultiPolygon", "crs": "EPSG:4326"}
    area = outline(shapely.box(178, 5, 182, 15))
    for name, driver in (("in.gpkg", "GPKG"), ("in.fgb", "FlatGeobuf"), ("in.geojson", "GeoJSON")):
        pyogrio.raw.write(tmp_path / name, shapes, [np.array(["apart"])], ["name"], driver=driver, **place)
        counts = cut_vector(tmp_path / name, area, tmp_path / "out.gpkg").counts
        assert (name, counts.whole) == (name, 1)


def test_features_of_another_coordinate_system_come_in_degrees(tmp_path: Path):
    mercator = pa.table({"geom": pa.array([shapely.LineString([(111319.49, 111325.14), (222638.98, 222684.2)]).wkb])})
    pyogrio.raw.write_arrow(
        mercator.append_column("n", pa.array([1])), tmp_path / "in.gpkg", driver="GPKG", geometry_name="geom",
        geometry_type="LineString", crs="EPSG:3857",
    )  # fmt: skip
    cut_vector(tmp_path / "in.gpkg", AREA, tmp_path / "out", VectorFormat("CSV"))
    [row] = read(tmp_path / "out", "CSV")
    assert row["shape"].equals_exact(shapely.from_wkt(INSIDE), 1e-6)


def test_geoparquet_is_read_by_its_boxes_here_and_at_an_address(tmp_path: Path, server: FileServer):
    random = np.random.default_rng(1)
    shapes = shapely.points(random.random((200_000, 2)) * 10)
    names = [os.urandom(40).hex() for _ in shapes]
    rows = ((one, {"name": name}) for one, name in zip(shapely.to_wkb(shapes), names, strict=True))
    whole = outline(shapely.box(0, 0, 10, 10))
    source = layer_of_rows(rows, pa.schema([("name", pa.string())]), "points", "Point")
    cut_layer(source, whole, tmp_path / "in.parquet", VectorFormat("GeoParquet", cut_column=None))
    corner = outline(shapely.box(0.1, 0.1, 0.5, 0.5))
    expected = sorted(np.array(names)[shapely.intersects(corner.surface, shapes)])
    for address in (tmp_path / "in.parquet", f"{server.url}/in.parquet"):
        found = cut_vector(address, corner, tmp_path / "out", VectorFormat("CSV"))
        assert sorted(row["name"] for row in read(tmp_path / "out", "CSV")) == expected
        assert found.counts.read < 10_000
    assert server.sent < (tmp_path / "in.parquet").stat().st_size / 2


def test_rows_that_do_not_fit_and_unknown_properties_are_counted(tmp_path: Path):
    schema = pa.schema([("lanes", pa.int32()), ("name", pa.string())])
    rows = [(shapely.from_wkt(INSIDE).wkb, {"lanes": lanes, "other": 1}) for lanes in (1, "many", None)]
    found = cut_layer(layer_of_rows(rows, schema, "roads"), AREA, tmp_path / "out", VectorFormat("CSV"))
    assert found.counts.parts == 2
    assert found.counts.skipped["property other"] == 3
    assert [number for reason, number in found.counts.skipped.items() if "does not fit" in reason] == [1]


def test_points_of_a_table(tmp_path: Path):
    (tmp_path / "plants.csv").write_text('name,latitude,longitude\n"A, B",1,1\nC,95,1\nD,,\nE,50,50\n')
    with open_points(tmp_path / "plants.csv", "longitude", "latitude") as plants:
        found = cut_layer(plants, AREA, tmp_path / "out", VectorFormat("CSV"))
    assert [row["name"] for row in read(tmp_path / "out", "CSV")] == ["A, B"]
    assert found.counts.skipped == {"no position on the globe": 2}
    with (
        pytest.raises(SourceInvalid, match="lacks the columns lon"),
        open_points(tmp_path / "plants.csv", "lon", "latitude"),
    ):
        pass


def left_over(tmp_path: Path) -> list[str]:
    return [path.name for path in tmp_path.rglob("*") if path.name.startswith((".draft", "out"))]


@pytest.mark.parametrize("driver", [*DRIVERS, "PMTiles"])
def test_whoever_listens_to_progress_may_stop_it(crossing: Path, tmp_path: Path, driver: str):
    def stop(share: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        cut_vector(crossing, AREA, tmp_path / "out", VectorFormat(driver), progress=stop)
    assert left_over(tmp_path) == []


def test_sources_that_cannot_be_read_are_refused_and_leave_nothing(crossing: Path, tmp_path: Path):
    (tmp_path / "text.gpkg").write_text("no database")
    (tmp_path / "text.parquet").write_text("no table")
    (tmp_path / "refers.vrt").write_text(
        f'<OGRVRTDataSource><OGRVRTLayer name="lines"><SrcDataSource>{crossing}</SrcDataSource>'
        "</OGRVRTLayer></OGRVRTDataSource>"
    )
    (tmp_path / "cut.fgb").write_bytes(crossing.read_bytes()[:-60])
    for name in ("text.gpkg", "text.parquet", "refers.vrt", "cut.fgb"):
        with pytest.raises(SourceInvalid) as caught:
            cut_vector(tmp_path / name, outline(shapely.box(-180, -90, 180, 90)), tmp_path / "out")
        assert str(tmp_path) not in caught.value.text
    with pytest.raises(SourceNotAvailable):
        cut_vector(tmp_path / "none.fgb", AREA, tmp_path / "out")
    assert left_over(tmp_path) == []
