"""Houses along the roads: rectangles and L-shapes that face the road, some wall to wall, huts in the yards behind."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from shapely import LineString, Polygon, STRtree, box, intersects
from shapely.affinity import rotate, translate

ROOFS = ("tin", "rust", "tile", "concrete", "thatch", "blue")
SHARES = (0.33, 0.17, 0.16, 0.17, 0.1, 0.07)


@dataclass(frozen=True)
class Building:
    shape: Polygon
    roof: str
    height: float
    angle: float
    """of the long side, radians"""


class _Site:
    """The occupied land: buildings with a gap around them, and the roads."""

    def __init__(self, roads: list[tuple[LineString, float]]) -> None:
        self.roads = STRtree([line.buffer(width / 2 + 0.8) for line, width in roads])
        self.built: list[Polygon] = []

    def free(self, shape: Polygon, gap: float) -> bool:
        on_road = len(self.roads.query(shape, predicate="intersects"))
        return not on_road and not intersects(shape.buffer(gap), self.built).any()


def along_roads(
    rng: np.random.Generator, roads: list[tuple[LineString, float]], density: Callable[[float, float], float]
) -> list[Building]:
    site, found = _Site(roads), list[Building]()
    for line, width in roads:
        for side in (-1, 1):
            position = rng.uniform(0, 15)
            while position < line.length:
                frontage = _frontage(rng)
                middle = line.interpolate(position + frontage / 2)
                if rng.random() < 0.93 * density(middle.x, middle.y):
                    found += _parcel(rng, site, line, width, side, position, frontage)
                position += frontage + (rng.uniform(0, 0.02) if rng.random() < 0.22 else rng.uniform(1.2, 5))
    return found


def _frontage(rng: np.random.Generator) -> float:
    return float(np.clip(rng.lognormal(2.42, 0.34), 5.5, 26))


def _parcel(
    rng: np.random.Generator, site: _Site, line: LineString, width: float, side: int, position: float, frontage: float
) -> list[Building]:
    """The house, and behind it perhaps a hut."""
    depth = float(np.clip(frontage * rng.uniform(0.6, 1.1), 4.5, 15))
    setback = rng.choice([1.2, 2.5, 5], p=[0.3, 0.4, 0.3])
    house = _plan(line, width, side, position + frontage / 2, frontage, depth, setback)
    found = _keep(rng, site, _cut_corner(rng, house), 0.0 if rng.random() < 0.5 else 1.0)
    for _ in range(int(rng.integers(0, 4))):
        size, behind = rng.uniform(2.6, 5.5, 2), depth + rng.uniform(4, 14)
        hut = _plan(line, width, side, position + rng.uniform(0, frontage), size[0], size[1], behind)
        found += _keep(rng, site, (rotate(hut[0], rng.normal(0, 8)), hut[1]), 0.8)
    return found


def _plan(
    line: LineString, width: float, side: int, position: float, frontage: float, depth: float, setback: float
) -> tuple[Polygon, float]:
    """A rectangle that faces the road, and the road's direction there."""
    before, after = line.interpolate(position - 2), line.interpolate(position + 2)
    angle = float(np.arctan2(after.y - before.y, after.x - before.x))
    away = side * (width / 2 + setback + depth / 2)
    plan = box(-frontage / 2, -depth / 2, frontage / 2, depth / 2)
    middle = line.interpolate(position)
    turned = rotate(plan, angle, origin=(0, 0), use_radians=True)
    return translate(turned, middle.x - away * np.sin(angle), middle.y + away * np.cos(angle)), angle


def _cut_corner(rng: np.random.Generator, house: tuple[Polygon, float]) -> tuple[Polygon, float]:
    """Makes a third of the larger houses L-shaped."""
    shape, angle = house
    if shape.area < 80 or rng.random() > 0.35:
        return house
    corners = np.array(shape.exterior.coords)[:4]
    corner, right, left = corners[0], corners[1], corners[3]
    a, b = rng.uniform(0.3, 0.55, 2)
    along, across = a * (right - corner), b * (left - corner)
    return Polygon([corner + along, corner + along + across, corner + across, left, corners[2], right]), angle


def _keep(rng: np.random.Generator, site: _Site, plan: tuple[Polygon, float], gap: float) -> list[Building]:
    shape, angle = plan
    if not site.free(shape.buffer(-0.05), gap):
        return []
    site.built.append(shape.buffer(-0.05))
    small = shape.area < 30
    roof = "tin" if small and rng.random() < 0.4 else str(rng.choice(ROOFS, p=SHARES))
    floors = 2 if roof == "concrete" and not small and rng.random() < 0.4 else 1
    height = float(floors * (rng.uniform(2, 2.8) if small else rng.uniform(2.8, 4.2)))
    return [Building(shape, roof, height, angle)]
