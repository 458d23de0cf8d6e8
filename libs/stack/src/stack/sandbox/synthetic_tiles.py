"""A server of synthetic tiles: `/{z}/{x}/{y}.jpg` for every tile of every zoom, reddish roofs on green ground.

The same 64 images repeat and are cached as encoded files, so that serving them costs little compared with what is
measured. Some roofs cross the borders of tiles.
"""

import io
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stack.sandbox.web import application

SIDE, TILES, PLOT = 256, 8, 64
GROUND, ROOF = (70, 110, 60), (170, 70, 60)
FILLED, GRAIN = 0.5, 12
"""Fraction of the plots with a roof; standard deviation of the noise."""


@lru_cache(1)
def canvas() -> NDArray[np.uint8]:
    """[height, width, 3]; its right edge continues at its left, its lower at its upper."""
    rng, side = np.random.default_rng(19), TILES * SIDE
    land = np.empty((side, side, 3))
    land[:] = GROUND
    for x in range(0, side, PLOT):
        for y in range(0, side, PLOT):
            if rng.random() < FILLED:
                (left, top), (width, height) = rng.integers(4, 16, 2), rng.integers(24, 44, 2)
                land[y + top : y + top + height, x + left : x + left + width] = ROOF
    noisy = np.clip(land + rng.normal(0, GRAIN, land.shape), 0, 255).astype(np.uint8)
    return np.roll(noisy, (PLOT // 2, PLOT // 2), (0, 1))


@lru_cache(TILES * TILES)
def picture(column: int, row: int) -> bytes:
    tile = canvas()[row * SIDE : (row + 1) * SIDE, column * SIDE : (column + 1) * SIDE]
    content = io.BytesIO()
    Image.fromarray(tile).save(content, "JPEG", quality=90)
    return content.getvalue()


def app() -> Starlette:
    async def tile(request: Request) -> Response:
        column, row = request.path_params["x"] % TILES, request.path_params["y"] % TILES
        return Response(picture(column, row), media_type="image/jpeg")

    return application([Route("/{z:int}/{x:int}/{y:int}.jpg", tile)])
