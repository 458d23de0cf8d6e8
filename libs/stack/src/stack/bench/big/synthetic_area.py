"""The areas of big predictions: squares of the sandbox's synthetic tiles at zoom 19."""

from typing import Any

import morecantile

from stack.bench.system import System
from stack.demo.demo_area import INSET, box
from stack.sandbox.start import sandbox

ZOOM = 19
_CORNER = morecantile.tms.get("WebMercatorQuad").tile(34.9, -3.4, ZOOM)


def square(side: int) -> tuple[float, float, float, float]:
    """Bounds of `side` x `side` tiles, extended by INSET."""
    tiles = [morecantile.Tile(_CORNER.x + x, _CORNER.y + y, ZOOM) for x in (0, side - 1) for y in (0, side - 1)]
    west, south, east, north = box(tiles)
    return west - INSET, south - INSET, east + INSET, north + INSET


def start_tile_server(system: System) -> str:
    """Starts the tile server and returns its template."""
    daemon, url = sandbox("synthetic-tiles", home=system.home)
    daemon.start()
    return f"{url}/{{z}}/{{x}}/{{y}}.jpg"


def with_allowed_host(env: Any, template: str) -> dict[str, str]:
    """The environment with the server of `template` among the private addresses that may be asked."""
    host = template.split("/")[2]
    return {**env, "OUTBOUND_ALLOW_IMAGERY": f"{env['OUTBOUND_ALLOW_IMAGERY']},{host}"}
