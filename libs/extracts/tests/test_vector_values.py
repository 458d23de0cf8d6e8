"""Times and JSON of a source keep their meaning on the way through GDAL, which alters some (see `findings`)."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from pyogrio import raw

from extracts.testing import outline
from extracts.vector import VectorFormat, cut_layer, cut_vector, layer_of_rows

AREA = outline(shapely.box(-1, -1, 9, 9))
MOMENT = pa.timestamp("ms", "UTC")


def geojson(path: Path, values: list[Any]) -> Path:
    place = {"type": "Point", "coordinates": [1, 1]}
    features = [{"type": "Feature", "geometry": place, "properties": {"value": value}} for value in values]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def stored(source: Path, target: Path, driver: str, **options: Any) -> Path:
    with raw.open_arrow(source, use_pyarrow=True, **options) as (_, rows):
        raw.write_arrow(
            rows, target, driver=driver, layer="rows", geometry_name="wkb_geometry", geometry_type="Point",
            crs="EPSG:4326", SPATIAL_INDEX="NO",
        )  # fmt: skip
    return target


def cut(source: Path) -> pa.ChunkedArray:
    cut_vector(source, AREA, source.with_suffix(".parquet"), VectorFormat("GeoParquet", cut_column=None))
    return pq.read_table(source.with_suffix(".parquet"))["value"]


def test_a_time_shortly_before_the_next_second_keeps_its_second(tmp_path: Path):
    source = geojson(tmp_path / "in.geojson", ["2026-01-01T12:00:12.9996Z", "2026-01-01T23:59:59.9996Z", None])
    assert cut(source).to_pylist() == [
        datetime(2026, 1, 1, 12, 0, 13, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC), None,
    ]  # fmt: skip


def test_times_of_a_flatgeobuf_keep_their_zones(tmp_path: Path):
    times = ["2026-01-01T00:00:00+05:45", "2026-01-01T00:00:00Z"]
    source = geojson(tmp_path / "in.geojson", times)
    found = cut(stored(source, tmp_path / "in.fgb", "FlatGeobuf", datetime_as_string=True))
    assert found.type == MOMENT
    assert [one.isoformat() for one in found.to_pylist()] == ["2025-12-31T18:15:00+00:00", "2026-01-01T00:00:00+00:00"]


def test_times_without_a_zone_get_none(tmp_path: Path):
    found = cut(geojson(tmp_path / "in.geojson", ["2026-01-01T12:00:00.5", None]))
    assert (found.type, found.to_pylist()) == (pa.timestamp("ms"), [datetime(2026, 1, 1, 12, 0, 0, 500_000), None])


def test_a_geopackage_whose_times_are_texts_of_any_kind_is_read(tmp_path: Path):
    texts = ["2026-01-01T12:00:00.123456Z", "2026-01-01 12:00:00", "2026/01/01 12:00:00", "at noon", "2026-01-01"]
    source = geojson(tmp_path / "in.geojson", ["2026-01-01T00:00:00Z"] * len(texts))
    stored(source, tmp_path / "in.gpkg", "GPKG")
    with closing(sqlite3.connect(tmp_path / "in.gpkg", isolation_level=None)) as database:
        database.executemany("update rows set value = ? where fid = ?", zip(texts, range(1, 9), strict=False))
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert cut(tmp_path / "in.gpkg").to_pylist() == [
        noon.replace(microsecond=123_000), noon, noon, None, datetime(2026, 1, 1, tzinfo=UTC),
    ]  # fmt: skip
    made = cut_vector(tmp_path / "in.gpkg", AREA, tmp_path / "out.fgb", VectorFormat("FlatGeobuf", cut_column=None))
    assert made.counts.skipped == {"value is no time": 1}


@pytest.mark.parametrize("kind", [pa.timestamp("us"), pa.timestamp("ms", "UTC")])
@pytest.mark.parametrize("driver", ["GPKG", "FlatGeobuf"])
def test_the_last_second_of_a_year_before_1970_stays_in_it(tmp_path: Path, driver: str, kind: pa.DataType):
    texts = ["1945-12-31T23:59:59.999", "1945-12-31T23:59:58.999", "1975-12-31T23:59:59.999"]
    point, schema = shapely.to_wkb(shapely.Point(1, 1)), pa.schema([("value", kind)])
    rows = [(point, {"value": value}) for value in (*map(datetime.fromisoformat, texts), None)]
    cut_layer(layer_of_rows(rows, schema, "rows"), AREA, tmp_path / "out", VectorFormat(driver, cut_column=None))
    found = pyogrio.raw.read(tmp_path / "out")[3][0]
    assert sorted(str(one) for one in found) == ["1945-12-31T23:59:58.999", "1945-12-31T23:59:59.000", texts[2], "NaT"]


def test_what_gdal_calls_json_stays_the_text_that_it_is(tmp_path: Path):
    found = cut(geojson(tmp_path / "in.geojson", [12, "about 12", {"metres": 12}, None]))
    assert (found.type, found.to_pylist()) == (pa.string(), ["12", "about 12", '{ "metres": 12 }', None])
