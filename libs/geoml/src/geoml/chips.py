"""Chips: small georeferenced RGB images in a folder, read under limits."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import CRS
from rasterio.enums import ColorInterp, Resampling
from rasterio.errors import NotGeoreferencedWarning, RasterioIOError
from scipy import ndimage

from geoml.georef import Bounds, georeference
from geoml.raster_sessions import without_sessions
from geoml.warning_filters import ignore_warning

without_sessions()
SUFFIXES = frozenset({".tif", ".tiff", ".png", ".jpg", ".jpeg"})
DRIVERS = {b"II*\0": "GTiff", b"MM\0*": "GTiff", b"II+\0": "GTiff", b"\x89PNG": "PNG", b"\xff\xd8\xff": "JPEG"}
MAX_SIDE = 8192
BLANK = 15
"""Pixels: smaller areas of pure white or black are part of the picture."""


@dataclass(frozen=True)
class Chip:
    """`bounds` are west, south, east, north in `crs`, which is always projected."""

    path: Path
    width: int
    height: int
    crs: CRS
    bounds: Bounds

    @property
    def name(self) -> str:
        return self.path.name


def chip_paths(folder: str | Path) -> list[Path]:
    """Returns the images of a folder, sorted by name. Raises FileNotFoundError when there is none."""
    root = Path(folder)
    found = sorted(p for p in root.glob("*") if p.suffix.lower() in SUFFIXES) if root.is_dir() else []
    if not found:
        raise FileNotFoundError(f"no tif, png or jpg image in {root.name!r}")
    return found


def list_chips(folder: str | Path) -> list[Chip]:
    """Opens all images of a folder; raises what `chip_paths` and `open_chip` raise."""
    return [open_chip(path) for path in chip_paths(folder)]


def open_chip(path: Path) -> Chip:
    """Reads the header of an image.

    Raises ValueError for anything but a georeferenced 8-bit image of at most MAX_SIDE pixels a side.
    """
    with _open(path) as source:
        if max(source.width, source.height) > MAX_SIDE or min(source.width, source.height) < 1:
            raise ValueError(f"{path.name}: {source.width} x {source.height} pixels; at most {MAX_SIDE} a side")
        if set(source.dtypes) != {"uint8"}:
            raise ValueError(f"{path.name}: 8-bit bands expected, found {source.dtypes[0]}")
        if ColorInterp.palette in source.colorinterp:
            raise ValueError(f"{path.name}: grey or RGB bands expected, found a palette; save it as RGB")
        crs, bounds = georeference(source, path)
        return Chip(path, source.width, source.height, crs, bounds)


def read_rgb(chip: Chip, width: int, height: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Returns the chip as [height, width, 3] uint8, resampled to that size, and a mask of the pixels with data."""
    with _open(chip.path) as source:
        bands = [1, 2, 3] if source.count >= 3 else [1, 1, 1]
        method = Resampling.average if width < source.width else Resampling.bilinear
        rgb = source.read(bands, out_shape=(3, height, width), resampling=method)
        has_mask = ColorInterp.alpha in source.colorinterp or source.nodata is not None
        valid = source.dataset_mask(out_shape=(height, width)) > 0 if has_mask else np.ones((height, width), bool)
    image = np.ascontiguousarray(rgb.transpose(1, 2, 0))
    return image, valid & ~_blank(image)


def _open(path: Path) -> rasterio.DatasetReader:
    """Uses plain image drivers only: a file that is really a VRT could read any other file or address."""
    with path.open("rb") as file:
        start = file.read(4)
    driver = next((d for magic, d in DRIVERS.items() if start.startswith(magic)), None)
    try:
        with ignore_warning(NotGeoreferencedWarning):
            return rasterio.open(path, driver=driver or "GTiff")
    except RasterioIOError as error:
        raise ValueError(f"{path.name}: not a readable TIFF, PNG or JPEG") from error


def _blank(image: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """The large areas of pure white or black: the edge of the imagery, not a bright roof."""
    red, green, blue = np.moveaxis(
        image, 2, 0
    )  # plane by plane: a reduction over an axis of three takes 20 times as long
    white = np.minimum(np.minimum(red, green), blue) >= 253
    flat = white | (np.maximum(np.maximum(red, green), blue) <= 2)
    return _opened(flat) if flat.any() else flat


def _opened(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The opening by a square of BLANK pixels a side. The filters of minimum and maximum take one axis after the other,
    which is 20 times quicker than `binary_opening`."""
    eroded = ndimage.minimum_filter(mask, BLANK, mode="constant")
    return np.asarray(ndimage.maximum_filter(eroded, BLANK, mode="constant"), np.bool_)
