"""GeoParquet 1.1 with a box for each feature and in Hilbert order, so that readers skip what is elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from extracts.addresses import check_ranges, check_there, is_remote, name_of
from extracts.errors import SourceInvalid
from extracts.outline import Box
from extracts.vector.hilbert import distances
from extracts.vector.layer import BATCH, Batch, Layer
from extracts.vector.sorting import sorted_tables, spool
from extracts.vector.transform import box_in, to_degrees

ROW_GROUP = 50_000
CORNERS = ("xmin", "ymin", "xmax", "ymax")
BBOX = pa.struct([(name, pa.float64()) for name in CORNERS])
_COVERING = {"bbox": {name: ["bbox", name] for name in CORNERS}}


def write_parquet(schema: pa.Schema, tables: Iterator[tuple[pa.Array, pa.Table]], extent: Box, path: Path) -> None:
    """`extent`: where features mostly lie. They are sorted in files beside `path`, which the caller removes.

    The kinds of geometries are known before the first row is written, so that `geo` stands in the schema, where
    readers look for it; pyarrow's metadata of the end of a file is not there.
    """
    kinds: set[str] = set()
    full = schema.append(pa.field("geometry", pa.binary())).append(pa.field("bbox", BBOX))
    spooled = spool(((_keyed(wkb, table, full, extent, kinds)) for wkb, table in tables), full, path.parent)
    written = full.with_metadata({"geo": orjson.dumps(_metadata(kinds))})
    with pq.ParquetWriter(path, written, compression="zstd") as writer:
        for table in sorted_tables(spooled, full, ROW_GROUP):
            writer.write_table(table.replace_schema_metadata(written.metadata), row_group_size=ROW_GROUP)


def _keyed(
    wkb: pa.Array, table: pa.Table, schema: pa.Schema, extent: Box, kinds: set[str]
) -> tuple[pa.Table, np.ndarray]:
    shapes = shapely.from_wkb(wkb.to_numpy(zero_copy_only=False))
    bounds = shapely.bounds(shapes)
    kinds.update(_kinds(shapes))
    boxes = pa.StructArray.from_arrays([pa.array(side) for side in bounds.T], fields=list(BBOX))
    return pa.Table.from_arrays([*table.columns, wkb, boxes], schema=schema), distances(bounds, extent)


def _kinds(shapes: np.ndarray) -> set[str]:
    ids, z = shapely.get_type_id(shapes), shapely.has_z(shapes)
    pairs = np.unique(np.column_stack([ids, z]), axis=0) if len(shapes) else []
    names = {kind.value: _NAMES[kind.value] for kind in shapely.GeometryType if kind.value in _NAMES}
    return {names[int(kind)] + (" Z" if has_z else "") for kind, has_z in pairs}


_NAMES = {
    0: "Point", 1: "LineString", 2: "LineString", 3: "Polygon", 4: "MultiPoint", 5: "MultiLineString",
    6: "MultiPolygon", 7: "GeometryCollection",
}  # fmt: skip


def _metadata(kinds: set[str]) -> dict[str, Any]:
    """Without `crs`, which means longitude and latitude on WGS 84."""
    column = {"encoding": "WKB", "geometry_types": sorted(kinds), "covering": _COVERING}
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}


@contextmanager
def open_parquet(source: str | Path, boxes: list[Box]) -> Iterator[Layer]:
    """Of a file with boxes only the row groups near the given boxes are read, also at an address."""
    name = name_of(source)
    with _file(source, name) as content:
        try:
            file = pq.ParquetFile(content, pre_buffer=is_remote(source))
            geo = orjson.loads((file.metadata.metadata or {})[b"geo"])
        except (pa.ArrowException, KeyError, orjson.JSONDecodeError) as error:
            raise SourceInvalid("source_unreadable", f"{name} is no GeoParquet file, or is damaged: {error}") from error
        column = geo["columns"][geo["primary_column"]]
        covering = column.get("covering", {}).get("bbox")
        own = {geo["primary_column"], *([covering["xmin"][0]] if covering else [])}
        schema = pa.schema([field for field in file.schema_arrow if field.name not in own])
        kinds = column.get("geometry_types") or []
        yield Layer(
            Path(name).stem, schema, kinds[0] if len(kinds) == 1 else "Unknown",
            _batches(file, geo["primary_column"], column, boxes, schema, name), file.metadata.num_rows,
        )  # fmt: skip


@contextmanager
def _file(source: str | Path, name: str) -> Iterator[Path | IO[bytes]]:
    check_there(source)
    if not is_remote(source):
        yield Path(source)
        return
    check_ranges(source)
    import fsspec

    with fsspec.open(str(source), "rb", block_size=1 << 20, cache_type="readahead") as file:
        yield cast("IO[bytes]", file)


def _batches(
    file: pq.ParquetFile, geometry: str, column: dict[str, Any], boxes: list[Box], schema: pa.Schema, name: str
) -> Iterator[Batch]:
    crs = _crs(column)
    areas = [box_in(crs, box) for box in boxes]
    groups = _groups(file, column.get("covering", {}).get("bbox"), areas)
    try:
        for one in file.iter_batches(BATCH, row_groups=groups, columns=[*schema.names, geometry], use_threads=False):
            table = pa.Table.from_batches([one])
            batch = Batch(table[geometry].combine_chunks().cast(pa.binary()), table.select(schema.names))
            yield to_degrees(_near(batch, areas), crs)
    except (pa.ArrowException, OSError) as error:
        raise SourceInvalid("source_unreadable", f"{name} is damaged: {error}") from error


def _near(batch: Batch, areas: list[Box]) -> Batch:
    west, south, east, north = shapely.bounds(batch.shapes()).T
    return batch.take(
        np.logical_or.reduce([(west <= a[2]) & (east >= a[0]) & (south <= a[3]) & (north >= a[1]) for a in areas])
    )


def _crs(column: dict[str, Any]) -> str:
    crs = column.get("crs", "OGC:CRS84")
    return orjson.dumps(crs).decode() if isinstance(crs, dict) else crs or "OGC:CRS84"


def _groups(file: pq.ParquetFile, covering: dict[str, list[str]] | None, areas: list[Box]) -> list[int]:
    numbers = list(range(file.num_row_groups))
    if not covering:
        return numbers
    places = {file.schema.column(n).path: n for n in range(len(file.schema.names))}
    corners = [places.get(".".join(covering[corner])) for corner in CORNERS]
    return [n for n in numbers if None in corners or _meets(file.metadata.row_group(n), corners, areas)]


def _meets(group: Any, corners: list[Any], areas: list[Box]) -> bool:
    said = [group.column(number).statistics for number in corners]
    if any(one is None or not one.has_min_max for one in said):
        return True
    west, south, east, north = said[0].min, said[1].min, said[2].max, said[3].max
    return any(west <= a[2] and east >= a[0] and south <= a[3] and north >= a[1] for a in areas)
