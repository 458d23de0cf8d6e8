"""A small area at once: what may be asked, and what may go wrong."""

import math
from dataclasses import dataclass
from typing import Any

MAX_TILES = 256
MAX_ANSWER = 4_000_000
"""Bytes; answers travel on the bus, whose messages end at 8 MB."""
ZOOMS = range(14, 23)
Bounds = tuple[float, float, float, float]


class Refused(Exception):
    """The request is wrong. `field` is at fault, `words` are for people; both survive the way between processes."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(field, words)
        self.field, self.words = field, words


class Unable(Exception):
    """The request is right and cannot be carried out now; the text is for people."""


@dataclass(frozen=True)
class Area:
    """`params` are complete; `allow` is the setting OUTBOUND_ALLOW."""

    module: str
    """of the plug-in"""
    model_uri: str
    is_trusted: bool
    """the address of the model comes from the catalog, not from the one who asks"""
    image_uri: str
    bbox: Bounds
    zoom: int
    params: dict[str, Any]
    allow: str


def check(bbox: Bounds, zoom: int) -> None:
    west, south, east, north = bbox
    if not all(map(math.isfinite, bbox)) or not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise Refused("bbox", "A bbox is west, south, east, north in degrees, west < east and south < north.")
    if zoom not in ZOOMS:
        raise Refused("zoom", f"The zoom lies within {ZOOMS.start} and {ZOOMS.stop - 1}.")
