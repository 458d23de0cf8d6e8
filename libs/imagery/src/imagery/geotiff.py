"""Converts a tile's image to GeoTIFF. Runs in a child process, which isolates decoders of untrusted bytes."""

import io
import resource
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from morecantile import Tile
    from PIL.Image import Image

GRID = "WebMercatorQuad"
MAX_SIDE = 4096
MEMORY = 4 << 30
FORMATS = ("PNG", "JPEG", "WEBP")
EIGHT_BITS = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr"})
"""Modes of Pillow that become RGB without loss of meaning."""


class BadTile(ValueError):
    """The bytes are not a usable image; the text is for a mapper."""


def forbid_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def prepare_child() -> None:
    """Forbids writing files, and imports what the first tile would import."""
    forbid_files()
    import morecantile  # noqa: F401
    import PIL.Image  # noqa: F401
    import rasterio.io
    import rasterio.transform  # noqa: F401


def geotiff(content: bytes, tile: "Tile") -> bytes:
    """Returns a GeoTIFF in EPSG:3857 with the bounds of `tile` and 3 bands, or 4 with transparency (alpha).

    JPEG stays JPEG (quality 95, in YCbCr); lossless images stay lossless (deflate).
    Raises BadTile for an image that is unreadable, too large, deeper than 8 bits a band, or wholly transparent.
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


def _profile(pixels: np.ndarray, tile: "Tile") -> dict:
    import morecantile
    from rasterio.transform import from_bounds

    count, height, width = pixels.shape
    place = from_bounds(*morecantile.tms.get(GRID).xy_bounds(tile), width, height)
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
            check_depth(picture, content)
            lossy = picture.format == "JPEG"
            rgba = np.asarray(picture.convert("RGBA" if picture.has_transparency_data else "RGB"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise error if isinstance(error, BadTile) else BadTile("A tile is not a readable PNG, JPEG or WebP.") from error
    return _bands(rgba), lossy


def check_depth(picture: "Image", content: bytes) -> None:
    """Raises BadTile for more than 8 bits a band: a tile does not say how its values map to brightness.

    Pillow opens a 16-bit RGB PNG as RGB and keeps the upper bytes, so the file header is read.
    """
    deep_png = picture.format == "PNG" and content[24:25] == b"\x10"
    if deep_png or picture.mode not in EIGHT_BITS:
        raise BadTile("The imagery has 16 bits a band; only imagery of 8 bits a band can be used.")


def _bands(image: np.ndarray) -> np.ndarray:
    if image.shape[2] == 4 and not image[:, :, 3].any():
        raise BadTile("The imagery has no picture here.")
    if image.shape[2] == 4 and image[:, :, 3].all():
        image = image[:, :, :3]
    return np.ascontiguousarray(image.transpose(2, 0, 1))
