"""Finds the nearest town in GeoNames data (towns of 1,000 people and more) that a library ships.

The data needs 150 MB, so each lookup runs in a child process for a second or two: pins are rare, and the service stays
small.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from kit.process.subprocesses import GIB, run_in_subprocess

LOOKUP_TIMEOUT = 30.0
Point = tuple[float, float]
"""Longitude, latitude in degrees (EPSG:4326)."""


@dataclass(frozen=True)
class Town:
    """The nearest town; `country_code` is ISO 3166-1 alpha-2."""

    name: str
    country: str
    country_code: str


async def towns(points: Sequence[Point]) -> list[Town]:
    return await run_in_subprocess(_nearest, list(points), timeout=LOOKUP_TIMEOUT, memory=2 * GIB)


def _nearest(points: list[Point]) -> list[Town]:
    import reverse_geocode

    found = reverse_geocode.search([(latitude, longitude) for longitude, latitude in points])
    return [Town(town["city"], town["country"], town["country_code"]) for town in found]
