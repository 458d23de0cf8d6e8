"""The thumbnail of a model: the tile of its imagery at the centre of its first area."""

import math

ZOOM = 18


def tile_at(longitude: float, latitude: float, zoom: int) -> tuple[int, int]:
    """Returns column and row in the Web Mercator grid."""
    across = 2**zoom
    sine = math.sin(math.radians(latitude))
    row = (0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)) * across
    return int((longitude + 180) / 360 * across), int(row)


def thumbnail(template: str, centre: tuple[float, float] | None) -> str | None:
    if centre is None:
        return None
    x, y = tile_at(*centre, ZOOM)
    return template.replace("{x}", str(x)).replace("{y}", str(y)).replace("{z}", str(ZOOM))
