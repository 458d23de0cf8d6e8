"""Bounding boxes in EPSG:4326. Plain Python: idle services need no geometry library."""

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees; west > east crosses the antimeridian (RFC 7946, 5.2)."""


def halves(box: Box) -> list[Box]:
    """Returns the box itself, or its two parts on both sides of the antimeridian."""
    west, south, east, north = box
    return [box] if west <= east else [(west, south, 180.0, north), (-180.0, south, east, north)]
