"""Labels of a dataset lie where its imagery shows them: `offset` metres east and north of where the map has them."""

import math
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

DEGREE = math.pi * 6_378_137 / 180
"""Metres of a degree of latitude, as web maps count them."""
Offset = tuple[float, float]


def moved(geometry: BaseGeometry, offset: Offset) -> BaseGeometry:
    """In degrees, each vertex at its own latitude: what touched before touches afterwards."""
    east, north = offset

    def move(places: Any) -> Any:
        per_degree = DEGREE * np.cos(np.radians(places[:, 1]))
        return places + np.column_stack([east / per_degree, np.full(len(places), north / DEGREE)])

    return shapely.transform(geometry, move)


def back(offset: Offset) -> Offset:
    return -offset[0], -offset[1]


def moved_features(features: list[dict[str, Any]], offset: Offset) -> list[dict[str, Any]]:
    if offset == (0, 0):
        return features
    return [{**one, "geometry": _moved(one["geometry"], offset)} for one in features]


def _moved(geometry: dict[str, Any], offset: Offset) -> dict[str, Any]:
    return shapely.geometry.mapping(moved(shapely.geometry.shape(geometry), offset))
