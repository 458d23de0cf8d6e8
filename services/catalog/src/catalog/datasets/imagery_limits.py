from collections.abc import Sequence

import shapely

from contracts.imagery import BadTemplate, first_url
from imagery import TooManyTiles, intersecting
from kit.http.outbound import Outbound, OutboundError

MAX_TILES = 2000


class ImageryLimits:
    """Allows tiles of public addresses only, and at most `max_tiles` per dataset."""

    def __init__(self, outbound: Outbound, max_tiles: int = MAX_TILES) -> None:
        self.outbound, self.max_tiles = outbound, max_tiles

    def imagery_problem(self, address: str, zoom: int | None = None) -> str:
        try:
            self.outbound.check(first_url(address, zoom))
        except (BadTemplate, OutboundError) as problem:
            return str(problem)
        return ""

    def budget_problem(self, areas: Sequence[shapely.Geometry], zoom: int) -> str:
        try:
            intersecting(shapely.union_all(list(areas)), zoom, self.max_tiles)
        except TooManyTiles as problem:
            return str(problem)
        return ""
