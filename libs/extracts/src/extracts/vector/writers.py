"""Features to files, in the order they come and with no more of them in memory than a batch; GeoParquet sorts them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.csv
import pyogrio
import shapely
from pyogrio import raw

from extracts.errors import NoOverlap
from extracts.outline import Box
from extracts.vector.formats import VectorFormat
from extracts.vector.times import steady

WKB = {"ARROW:extension:name": "geoarrow.wkb"}
WRITTEN_AT = "2000-01-01T00:00:00.000Z"
"""Inside a GPKG, so that equal features make equal bytes."""


@dataclass(frozen=True)
class Features:
    """`schema`: of the attributes. `extent`: where most features lie. `tables`: geometries as WKB, and attributes."""

    name: str
    schema: pa.Schema
    kind: str
    extent: Box
    tables: Iterator[tuple[pa.Array, pa.Table]]


def write(features: Features, path: Path, chosen: VectorFormat) -> None:
    writers: dict[str, Callable[[Features, Path, VectorFormat], None]] = {
        "GPKG": _gdal, "FlatGeobuf": _gdal, "GeoParquet": _parquet, "CSV": _csv, "PMTiles": _pmtiles,
    }  # fmt: skip
    writers[chosen.driver](features, path, chosen)


def _gdal(features: Features, path: Path, chosen: VectorFormat) -> None:
    """What the features' source raises comes out as it is, not as GDAL's words for it."""
    geometry = "geom" if chosen.driver == "GPKG" else "geometry"
    schema = features.schema.append(pa.field(geometry, pa.binary(), metadata=WKB))
    raised: list[BaseException] = []
    reader = pa.RecordBatchReader.from_batches(schema, _guarded(_record_batches(features, schema), raised))
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": WRITTEN_AT})
    try:
        raw.write_arrow(
            reader, path, layer=features.name, driver=chosen.driver, geometry_name=geometry,
            geometry_type=features.kind, crs="EPSG:4326",
        )  # fmt: skip
    except Exception as error:
        raise raised[0] if raised else error from None
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def _record_batches(features: Features, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for wkb, table in features.tables:
        whole = pa.Table.from_arrays([*map(steady, table.columns), wkb], schema=schema)
        yield from whole.combine_chunks().to_batches()


def _guarded(batches: Iterator[pa.RecordBatch], raised: list[BaseException]) -> Iterator[pa.RecordBatch]:
    try:
        yield from batches
    except BaseException as error:
        raised.append(error)
        raise


def _parquet(features: Features, path: Path, chosen: VectorFormat) -> None:
    from extracts.vector.parquet import write_parquet

    write_parquet(features.schema, features.tables, features.extent, path)


def _csv(features: Features, path: Path, chosen: VectorFormat) -> None:
    """Geometries as text that gives the same numbers again."""
    schema = features.schema.append(pa.field("wkt", pa.string()))
    with pyarrow.csv.CSVWriter(path, schema) as writer:
        for wkb, table in features.tables:
            shapes = shapely.from_wkb(wkb.to_numpy(zero_copy_only=False))
            texts = pa.array(shapely.to_wkt(shapes, rounding_precision=-1), pa.string())
            writer.write_table(pa.Table.from_arrays([*table.columns, texts], schema=schema))


def _pmtiles(features: Features, path: Path, chosen: VectorFormat) -> None:
    from extracts.vector.pmtiles import write_tiles

    lines = path.with_suffix(".geojsonl")
    with lines.open("wb") as file:
        for wkb, table in features.tables:
            shapes = shapely.to_geojson(shapely.from_wkb(wkb.to_numpy(zero_copy_only=False)))
            for shape, row in zip(shapes, table.to_pylist(), strict=True):
                properties = orjson.dumps(row, default=str)
                file.write(b'{"type":"Feature","geometry":%b,"properties":%b}\n' % (shape.encode(), properties))
    if not lines.stat().st_size:
        raise NoOverlap("no_features", "There are no features where the area is, and map tiles cannot be empty.")
    write_tiles(path, features.name, lines, chosen)
