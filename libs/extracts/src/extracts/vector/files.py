"""Vector files as layers: only features near the given boxes are read, in batches."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyogrio
import shapely
from pyogrio import raw
from pyogrio.errors import DataLayerError, DataSourceError

from extracts.addresses import check_ranges, check_there, name_of, without_address
from extracts.errors import SourceInvalid
from extracts.outline import Box
from extracts.vector.layer import BATCH, Batch, Layer
from extracts.vector.times import CLOCK, is_time, kind_of, to_times
from extracts.vector.transform import box_in as box_in_crs
from extracts.vector.transform import to_degrees

DRIVERS = ("GPKG", "FlatGeobuf", "ESRI Shapefile", "GeoJSON", "GeoJSONSeq", "CSV")
"""That may be read; others follow references to files and addresses of their own."""
STREAM: dict[str, Any] = {"batch_size": BATCH, "use_pyarrow": True, "datetime_as_string": True}


@contextmanager
def open_vector(source: str | Path, boxes: list[Box], layer: str | None = None) -> Iterator[Layer]:
    """A GPKG, FlatGeobuf, shapefile (also in a ZIP), GeoJSON or GeoParquet by path or http(s) address.

    Texts in a column of times that are no times become empty and are counted in `left_out`.
    """
    if str(source).endswith((".parquet", ".geoparquet")):
        from extracts.vector.parquet import open_parquet

        with open_parquet(source, boxes) as found:
            yield found
        return
    info = inspect(source, layer)
    schema, left_out = _schema(source, info["layer_name"]), Counter[str]()
    yield Layer(
        info["layer_name"], schema, _kind(info), _batches(source, info, schema, boxes, left_out),
        info["features"] if info["features"] > 0 else None, left_out,
    )  # fmt: skip


@contextmanager
def open_points(
    source: Path, longitude: str, latitude: str, types: Mapping[str, pa.DataType] | None = None
) -> Iterator[Layer]:
    """A CSV file whose columns say where its points are. `types`: of columns; others are text.

    Rows without a position on the globe are counted in `left_out`.
    """
    left_out: Counter[str] = Counter()
    with _csv_reader(source, dict(types or {}) | {longitude: pa.float64(), latitude: pa.float64()}) as reader:
        batches = (_points(pa.Table.from_batches([one]), longitude, latitude, left_out) for one in reader)
        yield Layer(source.stem, reader.schema, "Point", batches, left_out=left_out)


def inspect(source: str | Path, layer: str | None = None) -> dict:
    """pyogrio's facts of a layer; SourceNotAvailable or SourceInvalid where it cannot be read."""
    name = name_of(source)
    check_there(source)
    try:
        info = pyogrio.read_info(source, layer=layer, force_feature_count=True)
    except (DataSourceError, DataLayerError) as error:
        check_ranges(source)
        reason = without_address(error, source)
        raise SourceInvalid("source_unreadable", f"{name} cannot be read as a vector file: {reason}") from error
    if info["driver"] not in DRIVERS:
        raise SourceInvalid("source_driver", f"{name} is a {info['driver']} file, which is not taken.")
    if not info["crs"]:
        raise SourceInvalid("source_without_crs", f"{name} does not say in which coordinate system it is.")
    return info


def _schema(source: str | Path, layer: str) -> pa.Schema:
    """The first features say whether times have a zone."""
    with raw.open_arrow(source, layer=layer, **STREAM) as (meta, reader):
        fields = [one for one in reader.schema if one.name != (meta["geometry_name"] or "wkb_geometry")]
        first = next(reader, None) if any(is_time(one) for one in fields) else None
    return pa.schema([one.with_type(_time_kind(one, first)) if is_time(one) else one for one in fields])


def _time_kind(field: pa.Field, first: pa.RecordBatch | None) -> pa.DataType:
    return CLOCK if first is None else kind_of(first[field.name])


def _kind(info: dict) -> str:
    """Shapefiles do not tell single shapes from several."""
    return "Unknown" if info["driver"] == "ESRI Shapefile" else info["geometry_type"] or "Unknown"


def _batches(
    source: str | Path, info: dict, schema: pa.Schema, boxes: list[Box], left_out: Counter[str]
) -> Iterator[Batch]:
    """Of each box in turn; what an earlier box had already is left out of the later one."""
    crs = info["crs"]
    areas = [box_in_crs(crs, box) for box in boxes]
    for number, area in enumerate(areas):
        try:
            for one in _of_area(source, info["layer_name"], area, areas[:number]):
                yield to_degrees(Batch(one.wkb, _with_times(one.attributes, schema, left_out)), crs)
        except (DataSourceError, DataLayerError, pa.ArrowException, OSError) as error:
            check_ranges(source)
            reason = f"{name_of(source)} is damaged: {without_address(error, source)}"
            raise SourceInvalid("source_unreadable", reason) from error


def _of_area(source: str | Path, layer: str, area: Box, before: list[Box]) -> Iterator[Batch]:
    with raw.open_arrow(source, layer=layer, bbox=area, **STREAM) as (meta, reader):
        geometry = meta["geometry_name"] or "wkb_geometry"
        for one in reader:
            table = pa.Table.from_batches([one])
            batch = Batch(_array(table[geometry]), table.drop_columns([geometry]))
            yield batch.take(~_had(batch, before)) if before else batch


def _with_times(attributes: pa.Table, schema: pa.Schema, left_out: Counter[str]) -> pa.Table:
    for number, field in enumerate(attributes.schema):
        if is_time(field):
            texts = attributes.column(number)
            times = to_times(texts, schema.field(number).type)
            if lost := times.null_count - texts.null_count:
                left_out[f"{field.name} is no time"] += lost
            attributes = attributes.set_column(number, schema.field(number), times)
    return attributes


def _had(batch: Batch, boxes: list[Box]) -> np.ndarray:
    """By shape, as GDAL goes: a feature may lie in one box only and have bounds that meet all."""
    shapes = batch.shapes()
    return np.logical_or.reduce([shapely.intersects(shapely.box(*box), shapes) for box in boxes])


def _array(column: pa.ChunkedArray) -> pa.Array:
    found = column.combine_chunks()
    return found.storage if isinstance(found, pa.ExtensionArray) else found


def _csv_reader(source: Path, types: dict[str, pa.DataType]) -> pyarrow.csv.CSVStreamingReader:
    check_there(source)
    with source.open("rb") as file:
        header = file.readline().decode("utf-8-sig").strip().replace('"', "").split(",")
    missing = [name for name in types if name not in header]
    if missing:
        raise SourceInvalid("source_columns", f"{source.name} lacks the columns {', '.join(missing)}.")
    kinds = {name: types.get(name, pa.string()) for name in header}
    options = pyarrow.csv.ConvertOptions(column_types=kinds, strings_can_be_null=True)
    try:
        return pyarrow.csv.open_csv(source, convert_options=options)
    except (pa.ArrowException, OSError) as error:
        raise SourceInvalid("source_unreadable", f"{source.name} is no table as expected: {error}") from error


def _points(table: pa.Table, longitude: str, latitude: str, left_out: Counter[str]) -> Batch:
    xs, ys = (np.asarray(table[name].to_numpy(), dtype=float) for name in (longitude, latitude))
    there = (abs(xs) <= 180) & (abs(ys) <= 90)
    if not there.all():
        left_out["no position on the globe"] += int((~there).sum())
    shapes = shapely.points(xs[there], ys[there])
    return Batch(pa.array(shapely.to_wkb(shapes), pa.binary()), table.filter(pa.array(there)))
