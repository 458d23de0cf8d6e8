"""Small sources as the processors expect them, packed and named as they are downloaded."""

import csv
import hashlib
import json
import zipfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyogrio
import rasterio
import shapely

from extracts.outline import Outline
from extracts.processors import Expected, PointsProcessor, Source
from extracts.processors.registry import RegisteredProcessor
from extracts.testing import outline

AREA: Outline = outline(shapely.box(0.5, 0.5, 1.5, 1.5))
GRIDS = {"EPSG:4326": (0.1, 3.0), "ESRI:54009": (10_000.0, 400_000.0)}
"""Width of a pixel, and the corner above."""
LINES = [
    shapely.LineString([(0.6, 0.6), (0.9, 0.9)]), shapely.LineString([(0, 1), (2, 1)]),
    shapely.LineString([(0, 0), (0.1, 0.1)]),
]  # fmt: skip
"""Inside, across, outside."""
POINTS = [(1, 1), (0.7, 0.6), (2.5, 2.5)]
NAMES_OF_ROADS = ("ID", "TYPE")


def shortened(found: RegisteredProcessor) -> RegisteredProcessor:
    """Three sources at most, archives of any content."""
    sources = found.sources[:3]
    free = [
        replace(one, packed=Expected(), ranges=False) if one.packed else replace(one, ranges=False) for one in sources
    ]
    return replace(found, sources=tuple(free))


def make_downloads(found: RegisteredProcessor, folder: Path) -> None:
    """Everything that its addresses name; the Zenodo record with the sums of what lies there."""
    by_url: dict[str, list[Source]] = {}
    for source in found.sources:
        by_url.setdefault(source.url, []).append(source)
    for url, sources in by_url.items():
        _make_download(url.removesuffix("/content").rpartition("/")[2], sources, found, folder)
    for record in {source.record for source in found.sources if source.record}:
        sums = [{"key": path.name, "checksum": f"md5:{_md5(path)}"} for path in folder.iterdir()]
        (folder / record.rpartition("/")[2]).write_text(json.dumps({"files": sums}))


def _make_download(name: str, sources: list[Source], found: RegisteredProcessor, folder: Path) -> None:
    made = [make_source(found, source, folder / f"made-{source.file_name}") for source in sources]
    if sources[0].packed is None:
        made[0].rename(folder / (name or sources[0].file_name))
        return
    with zipfile.ZipFile(folder / name, "w") as archive:
        archive.writestr("inside/README.txt", "about")
        for path, source in zip(made, sources, strict=True):
            archive.write(path, f"inside/{source.file_name}")
            path.unlink()


def make_source(found: RegisteredProcessor, source: Source, path: Path) -> Path:
    if source.kind == "raster":
        _make_raster(path, source.expected.crs or "EPSG:4326", 3 if "raster" in found.dataset else 1)
    elif source.kind == "vector":
        _make_lines(path, "GPKG", {"source": ["gridfinder"] * len(LINES)})
    elif source.kind == "archive":
        _make_shapefile(path)
    elif source.kind == "table":
        assert isinstance(found.processor, PointsProcessor)
        _make_points(path, [*found.processor.types, "name"])
    else:
        _make_rows(path)
    return path


def _make_raster(path: Path, crs: str, bands: int) -> None:
    pixel, top = GRIDS[crs]
    values = np.random.default_rng(len(path.name)).integers(0, 200, (bands, 40, 40)).astype("uint8")
    place = rasterio.Affine(pixel, 0, -pixel, 0, -pixel, top)
    options = {"driver": "GTiff", "crs": crs, "transform": place, "compress": "lzw", "dtype": "uint8"}
    with rasterio.open(path, "w", width=40, height=40, count=bands, **options) as target:
        target.write(values)


def _make_lines(path: Path, driver: str, columns: dict[str, list]) -> None:
    fields = [np.array(values, dtype=object) for values in columns.values()]
    pyogrio.raw.write(
        path, np.array(shapely.to_wkb(LINES), dtype=object), fields, list(columns), crs="EPSG:4326",
        geometry_type="LineString", driver=driver, layer=path.stem,
    )  # fmt: skip


def _make_shapefile(path: Path) -> None:
    folder = path.with_suffix("")
    folder.mkdir()
    _make_lines(folder / "ne_10m_roads.shp", "ESRI Shapefile", {name: ["x"] * len(LINES) for name in NAMES_OF_ROADS})
    with zipfile.ZipFile(path, "w") as archive:
        for one in folder.iterdir():
            archive.write(one, one.name)
            one.unlink()
    folder.rmdir()


def _make_points(path: Path, names: Iterable[str]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(names))
        writer.writeheader()
        writer.writerows({"longitude": x, "latitude": y, "name": "plant"} for x, y in POINTS)


def _make_rows(path: Path) -> None:
    shapes = [*LINES, shapely.Point(1, 1)]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["geom", "properties"])
        for shape in shapes:
            properties = {"asset_id": 1.0, "paved": True, "wkt": shape.wkt, "unheard_of": 1}
            writer.writerow([shapely.to_wkb(shape, hex=True, include_srid=True), json.dumps(properties)])


def _md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
