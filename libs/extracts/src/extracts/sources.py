"""Whether a source file is what the catalogue says: size, hash, coordinate system, readable to its end."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rasterio
from rasterio.errors import CRSError
from rasterio.io import DatasetReader

from extracts.addresses import name_of
from extracts.digests import FileDigest, digest
from extracts.errors import SourceInvalid, SourceNotAvailable
from extracts.raster.grid import Window
from extracts.raster.source import grid_of, open_raster, read_pixels

SAMPLED = 64
"""Blocks of a raster whose place in the file is looked at."""


@dataclass(frozen=True)
class Expected:
    """As the catalogue of sources has it; None for what it does not say."""

    crs: str | None = None
    bytes: int | None = None
    sha1: str | None = None
    sha256: str | None = None
    md5: str | None = None
    compressed: bool = False
    """Of a raster: one that is not is refused."""


@dataclass(frozen=True)
class RasterSummary:
    """`striped`: a window of it costs the whole width; `retile` it once."""

    crs: str
    width: int
    height: int
    bands: int
    dtype: str
    nodata: float | None
    striped: bool


def check_file(path: Path, expected: Expected) -> None:
    """Size first, which costs nothing; then the hashes that are given, in one reading."""
    if not path.is_file():
        raise SourceNotAvailable("source_missing", f"{path.name} is not there.")
    size = path.stat().st_size
    if expected.bytes is not None and size != expected.bytes:
        raise SourceInvalid("source_size", f"{path.name} has {size:,} bytes instead of {expected.bytes:,}.", bytes=size)
    if expected.sha1 or expected.sha256 or expected.md5:
        check_digest(path.name, digest(path), expected)


def check_digest(name: str, found: FileDigest, expected: Expected) -> None:
    """SourceInvalid for a hash other than one that is given."""
    for kind in ("sha1", "sha256", "md5"):
        value = getattr(expected, kind)
        if value and getattr(found, kind) != value.lower():
            raise SourceInvalid("source_checksum", f"{name} has another {kind.upper()} than published: {value}.")


def check_raster(source: str | Path, expected: Expected | None = None) -> RasterSummary:
    """A GeoTIFF that can be cut, in the coordinate system that is expected, none of it missing."""
    expected = expected or Expected()
    if isinstance(source, Path):
        check_file(source, expected)
    with open_raster(source) as dataset:
        grid_of(dataset)
        _check_crs(name_of(dataset.name), dataset.crs.to_wkt(), expected.crs)
        if expected.compressed and not dataset.compression:
            raise SourceInvalid("source_uncompressed", f"{name_of(dataset.name)} is not compressed.")
        _check_blocks(dataset, source)
        return RasterSummary(
            dataset.crs.to_string(), dataset.width, dataset.height, dataset.count, dataset.dtypes[0], dataset.nodata,
            dataset.block_shapes[0][1] >= dataset.width > 512,
        )  # fmt: skip


def check_vector(source: Path, expected: Expected | None = None, layer: str | None = None) -> dict[str, Any]:
    """A vector file in the coordinate system that is expected; pyogrio's facts of its layer."""
    from extracts.vector.files import inspect

    expected = expected or Expected()
    check_file(source, expected)
    info = inspect(source, layer)
    _check_crs(source.name, info["crs"], expected.crs)
    _check_degrees(source.name, info)
    return info


def _check_crs(name: str, found: str, expected: str | None) -> None:
    if expected is None:
        return
    try:
        same = rasterio.CRS.from_user_input(found) == rasterio.CRS.from_user_input(expected)
    except CRSError:
        same = False
    if not same:
        shown = rasterio.CRS.from_user_input(found).to_string()
        raise SourceInvalid("source_crs", f"{name} is in {shown:.80} instead of {expected}.")


def _check_degrees(name: str, info: dict[str, Any]) -> None:
    west, south, east, north = info["total_bounds"] or (0, 0, 0, 0)
    in_degrees = rasterio.CRS.from_user_input(info["crs"]).is_geographic
    if in_degrees and (west < -360 or east > 540 or south < -90.1 or north > 90.1):
        raise SourceInvalid(
            "source_crs_implausible",
            f"{name} says that it is in degrees, but reaches from {west:,.0f}, {south:,.0f} to "
            f"{east:,.0f}, {north:,.0f}.",
        )


def _check_blocks(dataset: DatasetReader, source: str | Path) -> None:
    """A file that was cut short has its blocks' places in its header, but not all blocks. The last one is decoded."""
    size = source.stat().st_size if isinstance(source, Path) else None
    height, width = dataset.block_shapes[0]
    rows, columns = -(-dataset.height // height), -(-dataset.width // width)
    step = max(rows * columns // SAMPLED, 1)
    for number in {*range(0, rows * columns, step), rows * columns - 1}:
        _check_block(dataset, number % columns, number // columns, size)
    last = Window((columns - 1) * width, (rows - 1) * height, 1, 1)
    read_pixels(dataset, last)


def _check_block(dataset: DatasetReader, column: int, row: int, size: int | None) -> None:
    place = [dataset.get_tag_item(f"BLOCK_{what}_{column}_{row}", "TIFF", bidx=1) for what in ("OFFSET", "SIZE")]
    if size is not None and all(place) and sum(map(int, place)) > size:
        raise SourceInvalid("source_truncated", f"{name_of(dataset.name)} ends before its data do.")
