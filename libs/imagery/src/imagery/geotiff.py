"""A tile's picture as a georeferenced GeoTIFF. Runs in a child process: decoders of foreign bytes are kept apart."""

import io
import resource

import numpy as np
from morecantile import Tile

from imagery.tiles import GRID

MAX_SIDE = 4096
MEMORY = 4 << 30
FORMATS = ("PNG", "JPEG", "WEBP")


class BadTile(ValueError):
    """The bytes are no usable picture; words for people."""


def limit_child() -> None:
    """No files, a ceiling on address space."""
    from kit.child import die_with_parent

    die_with_parent()
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def warm() -> None:
    """Imports what the first tile would import."""
    import PIL.Image  # noqa: F401
    import rasterio.io
    import rasterio.transform  # noqa: F401


def geotiff(content: bytes, tile: Tile) -> bytes:
    """EPSG:3857, bounds of the tile. JPEG stays JPEG (quality 95, in YCbCr), lossless pictures stay lossless (deflate).

    A transparent part of the picture becomes a fourth band; a wholly transparent tile is a BadTile.
    """
    pixels, lossy = _decoded(content)
    profile = _profile(pixels, tile)
    if lossy and pixels.shape[0] == 3:
        profile |= {"compress": "jpeg", "jpeg_quality": 95, "photometric": "ycbcr"}
    else:
        profile |= {"compress": "deflate", "predictor": 2, "zlevel": 6, "photometric": "rgb"}
    from rasterio.io import MemoryFile

    with MemoryFile() as memory:
        with memory.open(**profile) as target:
            target.write(pixels)
        return bytes(memory.getbuffer())


def _profile(pixels: np.ndarray, tile: Tile) -> dict:
    from rasterio.transform import from_bounds

    count, height, width = pixels.shape
    place = from_bounds(*GRID.xy_bounds(tile), width, height)
    extra = {"alpha": "yes"} if count == 4 else {}
    return {
        "driver": "GTiff", "dtype": "uint8", "count": count, "height": height, "width": width,
        "crs": "EPSG:3857", "transform": place, "interleave": "pixel", **extra,
    }  # fmt: skip


def _decoded(content: bytes) -> tuple[np.ndarray, bool]:
    """[3 or 4 bands, height, width] uint8, and whether the source was lossy."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            if max(picture.size) > MAX_SIDE:
                raise BadTile(f"A tile of {picture.width} x {picture.height} pixels is too large.")
            lossy = picture.format == "JPEG"
            rgba = np.asarray(picture.convert("RGBA" if picture.has_transparency_data else "RGB"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise error if isinstance(error, BadTile) else BadTile("A tile is no readable PNG, JPEG or WebP.") from error
    return _bands(rgba), lossy


def _bands(image: np.ndarray) -> np.ndarray:
    if image.shape[2] == 4 and not image[:, :, 3].any():
        raise BadTile("The imagery has no picture here.")
    if image.shape[2] == 4 and image[:, :, 3].all():
        image = image[:, :, :3]
    return np.ascontiguousarray(image.transpose(2, 0, 1))
