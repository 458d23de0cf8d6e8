"""An XYZ tile server: `/{set}/{z}/{x}/{y}.png|jpg` and `/{set}/tilejson.json`, for the sets `train` and `predict`.

Painting a tile needs 150 MB for a second, so tiles are painted one at a time and the memory is returned to the system.
"""

import ctypes
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock

import morecantile
from PIL import Image
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from stack.sandbox import village
from stack.sandbox.village.pyramid import MAX_ZOOM, MIN_ZOOM
from stack.sandbox.web import application

NAME = re.compile(r"OAM-(?P<x>\d+)-(?P<y>\d+)-(?P<z>\d+)\.tif")
FORMATS = {"png": ("PNG", "image/png"), "jpg": ("JPEG", "image/jpeg")}
M_MMAP_THRESHOLD = -3
Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class TileSet:
    tile: Callable[[int, int, int], Image.Image | None]
    bounds: Bounds
    """of the area to train on or to predict; there may be imagery beyond it"""
    zooms: tuple[int, int]
    attribution: str


def app(data: Path | None = None) -> Starlette:
    _give_back_memory()
    sets, painter = _folders(data) if data else _village(), Lock()

    @lru_cache(256)
    def encoded(name: str, z: int, x: int, y: int, form: str) -> bytes | None:
        image, content = sets[name].tile(z, x, y), io.BytesIO()
        if image is None:
            return None
        image.save(content, form, quality=85)
        return content.getvalue()

    def tilejson(request: Request) -> JSONResponse:
        name = request.path_params["set"]
        found = _known(sets, name)
        west, south, east, north = found.bounds
        return JSONResponse(
            {
                "tilejson": "3.0.0",
                "name": name,
                "scheme": "xyz",
                "tiles": [f"{request.base_url}{name}/{{z}}/{{x}}/{{y}}.jpg"],
                "minzoom": found.zooms[0],
                "maxzoom": found.zooms[1],
                "bounds": found.bounds,
                "center": [(west + east) / 2, (south + north) / 2, found.zooms[1]],
                "attribution": found.attribution,
            }
        )

    def picture(request: Request) -> Response:
        name, z, x, y, ending = (request.path_params[key] for key in ("set", "z", "x", "y", "ending"))
        _known(sets, name)
        form, media = FORMATS.get(ending, (None, None))
        with painter:
            content = encoded(name, z, x, y, form) if form else None
        if content is None:
            raise HTTPException(404, "no such tile")
        return Response(content, media_type=media, headers={"Cache-Control": "public, max-age=3600"})

    return application(
        [Route("/{set}/tilejson.json", tilejson), Route("/{set}/{z:int}/{x:int}/{y:int}.{ending}", picture)]
    )


def _give_back_memory() -> None:
    """Keeps glibc from retaining freed arrays of up to 32 MB in each thread's heap; does nothing elsewhere."""
    try:
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, 1 << 20)
    except (OSError, AttributeError):
        return


def _known(sets: dict[str, TileSet], name: str) -> TileSet:
    if name not in sets:
        raise HTTPException(404, f"no set {name}; there are {', '.join(sets)}")
    return sets[name]


def _village() -> dict[str, TileSet]:
    grids = {"train": village.TRAIN, "predict": village.PREDICT}
    zooms, author = (MIN_ZOOM, MAX_ZOOM), "generated, CC0"
    return {name: TileSet(village.tile, grid.bounds(), zooms, author) for name, grid in grids.items()}


def _folders(data: Path) -> dict[str, TileSet]:
    return {name: _folder(data / name / "oam") for name in ("train", "predict")}


def _folder(folder: Path) -> TileSet:
    """Tiles of one zoom named `OAM-<x>-<y>-<z>.tif`, in any format that Pillow reads."""
    files = {_tile_of(match): path for path in folder.iterdir() if (match := NAME.fullmatch(path.name))}
    grid = morecantile.tms.get("WebMercatorQuad")
    west, south, east, north = zip(*(grid.bounds(morecantile.Tile(x, y, z)) for z, x, y in files), strict=True)
    zooms = [z for z, _, _ in files]

    def tile(z: int, x: int, y: int) -> Image.Image | None:
        path = files.get((z, x, y))
        return Image.open(path).convert("RGB") if path else None

    attribution = "© OpenAerialMap contributors, Open Imagery Network, CC-BY 4.0"
    return TileSet(tile, (min(west), min(south), max(east), max(north)), (min(zooms), max(zooms)), attribution)


def _tile_of(match: re.Match[str]) -> tuple[int, int, int]:
    return int(match["z"]), int(match["x"]), int(match["y"])
