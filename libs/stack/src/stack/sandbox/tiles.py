"""An XYZ tile server: `/{set}/{z}/{x}/{y}.png|jpg` and `/{set}/tilejson.json`, for the sets `train` and `predict`.

Painting a tile needs 150 MB for a second, so tiles are painted one at a time, the memory is returned to the system, and
what is painted is kept over restarts.
"""

import ctypes
import hashlib
import io
import os
import re
from asyncio import Lock
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import morecantile
from PIL import Image
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
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
KEPT = 256
"""Encoded tiles that are not painted again."""
CLIENT_GONE = 499
"""As nginx logs it; nobody reads the answer."""
Bounds = tuple[float, float, float, float]
Painter = Callable[[int, int, int], Image.Image | None]
"""Zoom, column, row → the picture; None where there is none."""
Tile = tuple[str, int, int, int, str]
"""Set, zoom, column, row, format."""


@dataclass(frozen=True)
class TileSet:
    tile: Painter
    bounds: Bounds
    """of the area to train on or to predict; there may be imagery beyond it"""
    zooms: tuple[int, int]
    attribution: str


class TileServer:
    def __init__(self, sets: dict[str, TileSet]) -> None:
        self.sets, self._painter = sets, Lock()
        self._kept: OrderedDict[Tile, bytes | None] = OrderedDict()

    async def tilejson(self, request: Request) -> JSONResponse:
        name = request.path_params["set"]
        return JSONResponse(_tilejson(name, self._set(name), str(request.base_url)))

    async def picture(self, request: Request) -> Response:
        name, z, x, y, ending = (request.path_params[key] for key in ("set", "z", "x", "y", "ending"))
        self._set(name)
        form, media = FORMATS.get(ending, (None, None))
        content = await self._content((name, z, x, y, form), request) if form else None
        if content is None:
            raise HTTPException(404, "no such tile")
        return Response(content, media_type=media, headers={"Cache-Control": "public, max-age=3600"})

    async def _content(self, tile: Tile, request: Request) -> bytes | None:
        """A map that moves on leaves many requests behind: those are not painted when it is their turn."""
        if tile in self._kept:
            return self._kept[tile]
        async with self._painter:
            if await request.is_disconnected():
                raise HTTPException(CLIENT_GONE, "nobody waits for the tile")
            if tile not in self._kept:
                self._keep(tile, await run_in_threadpool(self._encoded, *tile))
            return self._kept[tile]

    def _keep(self, tile: Tile, content: bytes | None) -> None:
        self._kept[tile] = content
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def _encoded(self, name: str, z: int, x: int, y: int, form: str) -> bytes | None:
        image, content = self.sets[name].tile(z, x, y), io.BytesIO()
        if image is None:
            return None
        image.save(content, form, quality=85)
        return content.getvalue()

    def _set(self, name: str) -> TileSet:
        if name not in self.sets:
            raise HTTPException(404, f"no set {name}; there are {', '.join(self.sets)}")
        return self.sets[name]


def app(data: Path | None, kept: Path) -> Starlette:
    """Of the imagery in `data`, else of the village, whose tiles stay in `kept`."""
    _give_back_memory()
    server = TileServer(_folders(data) if data else _village(kept))
    return application(
        [
            Route("/{set}/tilejson.json", server.tilejson),
            Route("/{set}/{z:int}/{x:int}/{y:int}.{ending}", server.picture),
        ]
    )


def _tilejson(name: str, tiles: TileSet, base_url: str) -> dict[str, Any]:
    west, south, east, north = tiles.bounds
    return {
        "tilejson": "3.0.0",
        "name": name,
        "scheme": "xyz",
        "tiles": [f"{base_url}{name}/{{z}}/{{x}}/{{y}}.jpg"],
        "minzoom": tiles.zooms[0],
        "maxzoom": tiles.zooms[1],
        "bounds": tiles.bounds,
        "center": [(west + east) / 2, (south + north) / 2, tiles.zooms[1]],
        "attribution": tiles.attribution,
    }


def _give_back_memory() -> None:
    """Keeps glibc from retaining freed arrays of up to 32 MB in each thread's heap; does nothing elsewhere."""
    try:
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, 1 << 20)
    except (OSError, AttributeError):
        return


def _village(kept: Path) -> dict[str, TileSet]:
    grids = {"train": village.TRAIN, "predict": village.PREDICT}
    zooms, author = (MIN_ZOOM, MAX_ZOOM), "generated, CC0"
    tile = painted_once(village.tile, kept / _version())
    return {name: TileSet(tile, grid.bounds(), zooms, author) for name, grid in grids.items()}


def _version() -> str:
    """Of what paints."""
    sources = sorted(Path(village.__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]


def painted_once(paint: Painter, folder: Path) -> Painter:
    """Pictures lie in `folder`, which servers may share."""
    folder.mkdir(parents=True, exist_ok=True)

    def tile(z: int, x: int, y: int) -> Image.Image | None:
        file, draft = folder / f"{z}-{x}-{y}.png", folder / f"{z}-{x}-{y}.{os.getpid()}"
        if file.exists():
            return Image.open(file)
        if image := paint(z, x, y):
            image.save(draft, "PNG", compress_level=1)
            draft.replace(file)
        return image

    return tile


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
