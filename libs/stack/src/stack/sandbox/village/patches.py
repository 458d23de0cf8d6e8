"""Fields and roofs as coloured, striped patches."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import cast

import numpy as np
from shapely import Polygon, union_all
from shapely.affinity import translate
from shapely.geometry import LineString
from shapely.ops import split

from stack.sandbox.village.buildings import Building
from stack.sandbox.village.layout import Field

CROPS = ((124, 118, 74), (98, 112, 62), (150, 132, 92), (134, 122, 84), (112, 96, 70))
FALLOW = 2
ROOFS = {
    "tin": (172, 176, 178),
    "rust": (138, 88, 66),
    "tile": (164, 92, 66),
    "concrete": (182, 174, 162),
    "thatch": (122, 104, 78),
    "blue": (84, 112, 150),
}
SUN = np.array([0.75, 0.45])
"""metres of shadow on the ground per metre of height"""


@dataclass(frozen=True)
class Patch:
    shape: Polygon
    colour: tuple[float, float, float]
    angle: float
    """of the stripes, radians"""
    period: float
    """of the stripes, metres"""
    stripes: float
    """strength of the stripes as a share of the light"""
    grain: float
    """strength of the noise as a share of the light"""

    def row(self) -> tuple[float, ...]:
        across = np.array([-np.sin(self.angle), np.cos(self.angle)]) / self.period
        return (*self.colour, across[0], across[1], self.stripes, self.grain, 0)


def fields(fields: Sequence[Field]) -> list[Patch]:
    return [
        Patch(one.shape, CROPS[one.kind], one.angle, 0.9 + 0.35 * one.kind, 0.02 if one.kind == FALLOW else 0.09, 0.13)
        for one in fields
    ]


@cache
def shadow(shape: Polygon, height: float) -> Polygon:
    """The ground that a block of that height keeps from the sun."""
    steps = [translate(shape, *(SUN * height * share)) for share in np.linspace(0, 1, 8)]
    return union_all(steps).buffer(0)


@cache
def roofs(building: Building) -> list[Patch]:
    """Two slopes with the ridge along the house, or a flat slab with a parapet."""
    spread = np.random.default_rng(int(building.shape.area * 1e4))
    base = np.array(ROOFS[building.roof]) * spread.uniform(0.82, 1.14) + spread.normal(0, 5, 3)
    if building.roof == "concrete":
        slab = building.shape.buffer(-0.35, join_style="mitre")
        return [_patch(building, building.shape, base * 1.12), _patch(building, slab, base * 0.96)]
    return [_patch(building, slope, base * _light(building, slope)) for slope in _slopes(building)]


def _slopes(building: Building) -> list[Polygon]:
    centre, reach = building.shape.centroid, 60
    along = np.array([np.cos(building.angle), np.sin(building.angle)]) * reach
    ridge = LineString([(centre.x - along[0], centre.y - along[1]), (centre.x + along[0], centre.y + along[1])])
    return cast("list[Polygon]", list(split(building.shape, ridge).geoms))


def _light(building: Building, slope: Polygon) -> float:
    """A slope that faces the sun, which stands in the north-west of the picture, is brighter."""
    away = np.array([slope.centroid.x - building.shape.centroid.x, slope.centroid.y - building.shape.centroid.y])
    length = np.hypot(*away)
    return 1.0 if length < 1e-6 else float(1 - 0.14 * (away / length) @ (SUN / np.hypot(*SUN)))


def _patch(building: Building, shape: Polygon, colour: np.ndarray) -> Patch:
    ribs = {"tin": (0.75, 0.05), "blue": (0.75, 0.05), "rust": (0.8, 0.06), "tile": (0.4, 0.07)}
    period, strength = ribs.get(building.roof, (1.0, 0.0))
    worn = {"rust": 0.12, "thatch": 0.15, "concrete": 0.06}.get(building.roof, 0.05)
    red, green, blue = np.clip(colour, 0, 250)
    return Patch(shape, (red, green, blue), building.angle + np.pi / 2, period, strength, worn)
