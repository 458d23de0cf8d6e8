"""How cut features are written."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

Driver = Literal["GPKG", "FlatGeobuf", "GeoParquet", "CSV", "PMTiles"]
EXTENSIONS: dict[Driver, str] = {
    "GPKG": "gpkg", "FlatGeobuf": "fgb", "GeoParquet": "parquet", "CSV": "csv", "PMTiles": "pmtiles",
}  # fmt: skip
MEDIA_TYPES: dict[Driver, str] = {
    "GPKG": "application/geopackage+sqlite3", "FlatGeobuf": "application/flatgeobuf",
    "GeoParquet": "application/vnd.apache.parquet", "CSV": "text/csv", "PMTiles": "application/vnd.pmtiles",
}  # fmt: skip


@dataclass(frozen=True)
class VectorFormat:
    """`mode`: `filter` copies whole features that meet the outline, `clip` writes their parts within it.

    `kinds`: of parts that `clip` keeps. `cut_column`: the column that says `whole` or `cut`; None for no such column.
    `layer`: the layer's name, empty for the stem of the file. `zooms`, `caption` and `attribution` are for PMTiles.
    """

    driver: Driver = "GPKG"
    mode: Literal["filter", "clip"] = "filter"
    kinds: Collection[str] | None = None
    cut_column: str | None = "cut"
    layer: str = ""
    zooms: tuple[int, int] = (0, 14)
    caption: str = ""
    attribution: str = ""
