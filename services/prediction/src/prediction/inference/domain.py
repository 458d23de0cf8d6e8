"""A small area at once: what may be asked, and what may go wrong."""

import math
from dataclasses import dataclass
from typing import Any

MAX_TILES = 256
MAX_ANSWER_BYTES = 4_000_000
"""Bytes; answers travel on the bus, whose messages end at 8 MB."""
ZOOMS = range(14, 23)
MAX_LONGITUDE = 540.0
"""Degrees of longitude that a map shows once it was scrolled over the antimeridian."""
BBOX_TEXT = (
    "A bbox is west, south, east, north in degrees, south < north, and west < east unless it crosses the antimeridian "
    "and is at most 180 degrees wide."
)
Bounds = tuple[float, float, float, float]


class InvalidRequest(Exception):
    """The request is wrong. `field` is at fault, `text` is for people; both survive the way between processes."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(field, text)
        self.field, self.text = field, text


class CannotPredict(Exception):
    """The request is right and cannot be carried out now; the text is for people."""


@dataclass(frozen=True)
class Area:
    """`params` are complete; `allow_imagery` and `allow_model` are lists of `host:port` for `kit.http.outbound`."""

    module: str
    """of the plug-in"""
    model_uri: str
    is_trusted: bool
    """the address of the model comes from the catalog, not from the one who asks"""
    image_uri: str
    bbox: Bounds
    zoom: int
    params: dict[str, Any]
    allow_imagery: str
    allow_model: str = ""
    """of a model that is not trusted"""


def check(bbox: Bounds, zoom: int) -> None:
    """A box whose west is greater than its east crosses the antimeridian."""
    west, south, east, north = bbox
    width = east - west if west < east else east - west + 360
    longest = 360 if west < east else 180
    in_reach = all(map(math.isfinite, bbox)) and max(abs(west), abs(east)) <= MAX_LONGITUDE
    if not (in_reach and 0 < width <= longest and -90 <= south < north <= 90):
        raise InvalidRequest("bbox", BBOX_TEXT)
    if zoom not in ZOOMS:
        raise InvalidRequest("zoom", f"The zoom lies within {ZOOMS.start} and {ZOOMS.stop - 1}.")
