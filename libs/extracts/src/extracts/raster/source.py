"""Opening a raster, here or at an address, with what GDAL may use bounded."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader

from extracts.addresses import check_ranges, check_there, is_remote, name_of, without_address
from extracts.errors import SourceInvalid
from extracts.raster.grid import Grid, Window

CACHE = 32 << 20
"""Bytes that GDAL keeps of decoded blocks."""
MAX_BLOCK = 48 << 20
"""Bytes of a decoded block: GDAL decodes a whole one for a single pixel of it."""
SETTINGS: dict[str, Any] = {
    "GDAL_CACHEMAX": CACHE,
    "GDAL_TIFF_INTERNAL_MASK": True,
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
}
REMOTE: dict[str, Any] = {
    "GDAL_INGESTED_BYTES_AT_OPEN": "32768",
    "GDAL_HTTP_CONNECTTIMEOUT": "5",
    "GDAL_HTTP_LOW_SPEED_TIME": "30",
    "GDAL_HTTP_LOW_SPEED_LIMIT": "1",
    "GDAL_HTTP_MAX_RETRY": "3",
    "GDAL_HTTP_RETRY_DELAY": "0.5",
    "CPL_VSIL_CURL_CHUNK_SIZE": "32768",
    "VSI_CACHE": "FALSE",
}


@contextmanager
def open_raster(source: str | Path) -> Iterator[DatasetReader]:
    """A GeoTIFF by path or http(s) address; at an address only the blocks that are read travel.

    SourceNotAvailable when it is not there, SourceInvalid when it is no GeoTIFF.
    """
    check_there(source)
    with rasterio.Env(**SETTINGS, **(REMOTE if is_remote(source) else {})):
        try:
            dataset = rasterio.open(source, driver="GTiff")
        except RasterioError as error:
            raise _unreadable(source, error) from error
        with dataset:
            yield dataset


def read_pixels(dataset: DatasetReader, window: Window) -> np.ndarray:
    """All bands; SourceInvalid where the file ends too early or a block is damaged."""
    try:
        return dataset.read(window=window.slices)
    except RasterioError as error:
        raise _unreadable(dataset.name, error) from error


def _unreadable(source: str | Path, error: RasterioError) -> SourceInvalid:
    check_ranges(source)
    name, reason = name_of(source), without_address(error.__cause__ or error, source)
    return SourceInvalid("source_unreadable", f"{name} cannot be read as a GeoTIFF, or is damaged: {reason}")


def grid_of(dataset: DatasetReader) -> Grid:
    """SourceInvalid for a raster that is rotated, upside down, without a place, or in blocks too large to decode."""
    name, transform = name_of(dataset.name), dataset.transform
    if dataset.crs is None:
        raise SourceInvalid("source_without_crs", f"{name} does not say in which coordinate system it is.")
    if transform.b or transform.d or transform.a <= 0 or transform.e >= 0:
        raise SourceInvalid(
            "source_rotated", f"{name} is rotated or not north up, and cannot be cut by rows and columns."
        )
    if (size := block_bytes(dataset)) > MAX_BLOCK:
        raise SourceInvalid(
            "source_block_too_large",
            f"{name} is stored in blocks of {size >> 20} MiB, which are decoded whole. Store it tiled.",
            bytes=size,
        )
    _plausible(dataset, name)
    return Grid(transform.c, transform.f, transform.a, -transform.e, dataset.width, dataset.height)


def block_bytes(dataset: DatasetReader) -> int:
    """Of one decoded block; all bands where they are interleaved by pixel."""
    height, width = dataset.block_shapes[0]
    interleaved = dataset.count if str(dataset.interleaving).lower().endswith("pixel") else 1
    return height * width * np.dtype(dataset.dtypes[0]).itemsize * interleaved


def _plausible(dataset: DatasetReader, name: str) -> None:
    """Degrees that are none show that the file's coordinate system is another than it says."""
    if not dataset.crs.is_geographic:
        return
    left, bottom, right, top = dataset.bounds
    pixel = dataset.transform.a
    if left < -360 or right > 540 or top > 90 + pixel or bottom < -90 - pixel:
        raise SourceInvalid(
            "source_crs_implausible",
            f"{name} says that it is in degrees, but reaches from {left:,.0f}, {bottom:,.0f} to "
            f"{right:,.0f}, {top:,.0f}.",
        )
    if right > 180 + pixel or left < -180 - pixel:
        raise SourceInvalid(
            "source_beyond_180",
            f"{name} has longitudes from {left:g} to {right:g}. Only rasters within ±180 degrees can be cut.",
        )
