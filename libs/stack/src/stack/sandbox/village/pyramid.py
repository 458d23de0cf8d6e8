"""Tiles of any zoom."""

from functools import lru_cache

from PIL import Image

from stack.sandbox.village.georeference import TILE_PIXELS, ZOOM, covers
from stack.sandbox.village.layout import build
from stack.sandbox.village.paint import paint

MIN_ZOOM, MAX_ZOOM = 16, 21


@lru_cache(32)
def tile(z: int, x: int, y: int) -> Image.Image | None:
    """512 pixels wide; None where there is no imagery."""
    if MIN_ZOOM <= z <= ZOOM:
        return _painted(z, x, y, TILE_PIXELS)
    return _from_parent(z, x, y) if ZOOM < z <= MAX_ZOOM else None


def _painted(z: int, x: int, y: int, pixels: int) -> Image.Image | None:
    """An overview is put together from small pictures of the tiles within it, so that it costs as much as one tile."""
    if z == ZOOM:
        return paint(build(), x, y, pixels) if covers(x, y) else None
    half = pixels // 2
    children = {(i, j): _painted(z + 1, 2 * x + i, 2 * y + j, half) for i in (0, 1) for j in (0, 1)}
    if not any(children.values()):
        return None
    whole = Image.new("RGB", (pixels, pixels), "white")
    for (i, j), child in children.items():
        if child:
            whole.paste(child, (i * half, j * half))
    return whole


def _from_parent(z: int, x: int, y: int) -> Image.Image | None:
    parent = tile(z - 1, x // 2, y // 2)
    half = TILE_PIXELS // 2
    left, top = x % 2 * half, y % 2 * half
    size = (TILE_PIXELS, TILE_PIXELS)
    return parent and parent.resize(size, Image.Resampling.BICUBIC, box=(left, top, left + half, top + half))
