"""Finds the nearest town in GeoNames data (towns of 1,000 people and more) that a library ships.

The data needs 150 MB, so each lookup runs in a child process of a worker for a second or two: pins are rare.
"""

from collections.abc import Sequence

from contracts.catalog.curation import Town
from kit.process.subprocesses import GIB, run_in_subprocess

LOOKUP_TIMEOUT = 30.0
Point = tuple[float, float]
"""Longitude, latitude in degrees (EPSG:4326)."""


async def towns(points: Sequence[Point]) -> list[Town]:
    return await run_in_subprocess(_nearest, list(points), timeout=LOOKUP_TIMEOUT, memory=2 * GIB)


def _nearest(points: list[Point]) -> list[Town]:
    import reverse_geocode

    found = reverse_geocode.search([(latitude, longitude) for longitude, latitude in points])
    return [Town(name=town["city"], country=town["country"], country_code=town["country_code"]) for town in found]
