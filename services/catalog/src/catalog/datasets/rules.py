from collections.abc import Sequence

import shapely
from morecantile import Tile

from imagery import BadTemplate, Template, TooManyTiles, intersecting
from kit.outbound import Outbound, OutboundError

MAX_TILES = 2000


class TileRules:
    """Tiles from public addresses only, and at most `max_tiles` for one dataset."""

    def __init__(self, outbound: Outbound, max_tiles: int = MAX_TILES) -> None:
        self.outbound, self.max_tiles = outbound, max_tiles

    def template_problem(self, address: str) -> str:
        try:
            self.outbound.check(Template.of(address).url(Tile(0, 0, 0)))
        except (BadTemplate, OutboundError) as problem:
            return str(problem)
        return ""

    def budget_problem(self, areas: Sequence[shapely.Geometry], zoom: int) -> str:
        try:
            intersecting(shapely.union_all(list(areas)), zoom, self.max_tiles)
        except TooManyTiles as problem:
            return str(problem)
        return ""
