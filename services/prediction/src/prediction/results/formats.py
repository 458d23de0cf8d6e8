"""GeoJSON and FlatGeobuf, each written without having all features in memory."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson

from prediction.results.columns import Table

LAYER, ROWS = "predictions", "rows"
ENDS = (b"\n", b"]}\n")
"""Lines after the features."""


class Lines:
    """A GeoJSON FeatureCollection with a line for each feature; complete at the end of the block."""

    def __init__(self, path: Path) -> None:
        self.path, self.count = path, 0

    def __enter__(self) -> "Lines":
        self._file = self.path.open("wb")
        self._file.write(b'{"type":"FeatureCollection","features":[\n')
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.write(b"\n]}\n")
        self._file.close()

    def write(self, features: Sequence[Any]) -> None:
        for feature in features:
            self._file.write((b",\n" if self.count else b"") + orjson.dumps(feature))
            self.count += 1


def write_fgb(geojson: Path, fgb: Path, table: Table) -> Path:
    """EPSG:4326, with an index when there is something to index. Batches go from GDAL to GDAL.

    `table` says what becomes of the properties, and stands in the file's metadata.
    """
    from pyogrio import raw

    rows = geojson.with_name(f"{ROWS}.geojson")
    filled = _write_rows(geojson, rows, table)
    with raw.open_arrow(rows, use_pyarrow=False, **_schema(table)) as (meta, stream):
        raw.write_arrow(
            stream, fgb, driver="FlatGeobuf", layer=LAYER, crs="EPSG:4326", geometry_name=meta["geometry_name"],
            geometry_type=meta["geometry_type"] or "Unknown", layer_metadata={"columns": table.metadata()},
            SPATIAL_INDEX="YES" if filled else "NO",
        )  # fmt: skip
    rows.unlink()
    return fgb


def _schema(table: Table) -> dict[str, Any]:
    """GDAL refuses a schema without fields."""
    return {"OGR_SCHEMA": table.schema(ROWS)} if table.columns else {}


def _write_rows(geojson: Path, rows: Path, table: Table) -> bool:
    """The features with the names and values of their columns. Whether there is any."""
    with Lines(rows) as lines:
        for feature in written(geojson):
            row = table.row(feature["properties"])
            lines.write([{"type": "Feature", "geometry": feature["geometry"], "properties": row}])
    return bool(lines.count)


def written(geojson: Path) -> Iterator[Any]:
    """Features of a file that `Lines` wrote."""
    with geojson.open("rb") as source:
        next(source)
        for line in source:
            if line not in ENDS:
                yield orjson.loads(line.rstrip(b",\n"))
