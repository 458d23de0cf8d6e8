"""Names of places, from data that ships with a library (GeoNames, towns of 1,000 people and more).

The data takes 150 MB, so each lookup is a child process of a second or two: pins are rare, and the service stays small.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from kit.child import in_child

WAIT = 30.0
Point = tuple[float, float]
"""Longitude and latitude."""


@dataclass(frozen=True)
class Town:
    """The nearest one; `country_code` is ISO 3166-1 alpha-2."""

    name: str
    country: str
    country_code: str


async def towns(points: Sequence[Point]) -> list[Town]:
    return await in_child(_nearest, list(points), timeout=WAIT)


def _nearest(points: list[Point]) -> list[Town]:
    import reverse_geocode

    found = reverse_geocode.search([(latitude, longitude) for longitude, latitude in points])
    return [Town(place["city"], place["country"], place["country_code"]) for place in found]
