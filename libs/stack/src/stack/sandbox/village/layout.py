"""The layout of the village: shapes of roads, fields, buildings and trees. `paint` adds the colours."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from shapely import LineString, Point, Polygon, STRtree

from stack.sandbox.village.buildings import Building, along_roads
from stack.sandbox.village.georeference import HEIGHT, WIDTH

SEED = 20260419


@dataclass(frozen=True)
class Field:
    shape: Polygon
    kind: int
    angle: float


@dataclass(frozen=True)
class Road:
    line: LineString
    width: float


@dataclass(frozen=True)
class Tree:
    x: float
    y: float
    radius: float
    shade: float
    """0 is the darkest green, 1 the lightest"""


@dataclass(frozen=True)
class Village:
    fields: list[Field]
    roads: list[Road]
    buildings: list[Building]
    trees: list[Tree]


@lru_cache(1)
def build() -> Village:
    rng = np.random.default_rng(SEED)
    roads = _roads(rng)
    fields = _split(rng, -30, -30, WIDTH + 30, HEIGHT + 30)
    buildings = along_roads(rng, [(road.line, road.width) for road in roads], density)
    return Village(fields, roads, buildings, _trees(rng, fields, roads, buildings))


def density(x: float, y: float) -> float:
    """The building density at a point, 0 to 1: one centre in each grid, decreasing towards the fields."""
    hearts = ((0.18 * WIDTH, 0.5 * HEIGHT, 220, 330), (0.82 * WIDTH, 0.5 * HEIGHT, 190, 190))
    return max(float(np.exp(-(np.hypot((x - hx) / rx, (y - hy) / ry) ** 4))) for hx, hy, rx, ry in hearts)


def _bend(points: np.ndarray) -> np.ndarray:
    """Turns straight lines into the lazy curves of ways that were walked before they were drawn."""
    x, y = points.T
    bent_x = x + 14 * np.sin(y / 83 + 1.1) + 6 * np.sin(y / 31 + x / 210)
    bent_y = y + 12 * np.sin(x / 97 + 0.4) + 5 * np.sin(x / 37 + y / 160)
    return np.stack([bent_x, bent_y], axis=1)


def _roads(rng: np.random.Generator) -> list[Road]:
    """A warped grid of lanes with one wider road in each direction; some lanes end in the fields."""
    roads = []
    for position in _positions(rng, HEIGHT):
        wide = abs(position - 0.48 * HEIGHT) < 30
        start, end = (-40, WIDTH + 40) if wide else sorted(rng.uniform((-0.2, 0.2), (0.5, 1.2)) * WIDTH)
        roads.append(_road(np.array([[start, position], [end, position]]), 6.5 if wide else rng.uniform(2.6, 4)))
    for position in _positions(rng, WIDTH):
        start, end = sorted(rng.uniform((-0.3, 0.5), (0.5, 1.3)) * HEIGHT)
        roads.append(_road(np.array([[position, start], [position, end]]), rng.uniform(2.6, 4.5)))
    return [road for road in roads if road.line.length > 120]


def _positions(rng: np.random.Generator, extent: float) -> np.ndarray:
    return np.cumsum(rng.uniform(27, 50, int(extent / 36))) - 20


def _road(ends: np.ndarray, width: float) -> Road:
    steps = np.linspace(0, 1, 120)[:, None]
    return Road(LineString(_bend(ends[0] + steps * (ends[1] - ends[0]))), width)


def _split(rng: np.random.Generator, west: float, north: float, east: float, south: float) -> list[Field]:
    """Halves the land until the parcels have the size of fields."""
    width, height = east - west, south - north
    if max(width, height) < rng.uniform(45, 110):
        outline = LineString([(west, north), (east, north), (east, south), (west, south), (west, north)])
        corners = _bend(np.array(outline.segmentize(8).coords))
        return [Field(Polygon(corners), int(rng.integers(0, 5)), rng.choice([0.0, np.pi / 2]) + rng.normal(0, 0.06))]
    if width > height:
        cut = west + width * rng.uniform(0.35, 0.65)
        return _split(rng, west, north, cut, south) + _split(rng, cut, north, east, south)
    cut = north + height * rng.uniform(0.35, 0.65)
    return _split(rng, west, north, east, cut) + _split(rng, west, cut, east, south)


def _trees(rng: np.random.Generator, fields: list[Field], roads: list[Road], buildings: list[Building]) -> list[Tree]:
    """Along the edges of fields, in the yards, and in clumps. A few lean over a roof or a road."""
    edges = [field.shape.exterior.interpolate(rng.uniform(0, 1), True) for field in fields for _ in range(5)]
    yards = [_beside(rng, building) for building in buildings for _ in range(int(rng.poisson(0.5)))]
    clumps = [
        Point(*(centre + rng.normal(0, 7, 2)))
        for centre in rng.uniform((0, 0), (WIDTH, HEIGHT), (70, 2))
        for _ in range(int(rng.integers(3, 11)))
    ]
    free = _Free(roads, buildings)
    return [
        Tree(point.x, point.y, radius, rng.uniform(0, 1))
        for point in (*edges, *yards, *clumps)
        if free.at(point, (radius := float(np.clip(rng.lognormal(0.75, 0.45), 0.7, 6))))
    ]


def _beside(rng: np.random.Generator, building: Building) -> Point:
    centre, reach = building.shape.centroid, np.sqrt(building.shape.area) * rng.uniform(0.7, 1.3)
    angle = rng.uniform(0, 2 * np.pi)
    return Point(centre.x + reach * np.cos(angle), centre.y + reach * np.sin(angle))


class _Free:
    def __init__(self, roads: list[Road], buildings: list[Building]) -> None:
        self.tree = STRtree([*(road.line.buffer(road.width / 2) for road in roads), *(one.shape for one in buildings)])

    def at(self, point: Point, radius: float) -> bool:
        return not len(self.tree.query(point.buffer(radius * 0.6), predicate="intersects"))
