"""What a picture says of itself: rules without files."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

_EXIF_TIME = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)")
_OFFSET = re.compile(r"[+-]\d\d:\d\d")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f]")
MAX_PATH = 1024


@dataclass(frozen=True)
class Inspected:
    """A file as its bytes say. `problem` is why it is no picture; then it has no type and no size in pixels."""

    filesize: int
    sha256: str
    filetype: str | None = None
    width: int | None = None
    height: int | None = None
    orientation: int | None = None
    date_taken: datetime | None = None
    lat: float | None = None
    lon: float | None = None
    georef: dict[str, Any] | None = None
    dhash: int | None = None
    problem: str | None = None


def key_problem(name: str) -> str | None:
    """Returns why a file of this name, relative to its folder, cannot become an image."""
    if _UNSAFE.search(name):
        return "Its name has control characters."
    if ".." in name.split("/"):
        return 'Its name has a part "..".'
    return None if name.strip("/") else "It has no name."


def exif_time(text: Any, offset: Any) -> datetime | None:
    """Reads `2026:03:04 05:06:07` with an offset such as `+02:00`, without one in UTC; None for anything else."""
    if not isinstance(text, str) or not _EXIF_TIME.match(text):
        return None
    is_offset = isinstance(offset, str) and _OFFSET.fullmatch(offset.strip())
    stamp = _EXIF_TIME.sub(r"\1-\2-\3T\4:\5:\6", text[:19]) + (offset.strip() if is_offset else "+00:00")
    try:
        return datetime.fromisoformat(stamp).astimezone(UTC)
    except ValueError:
        return None


def exif_position(gps: Mapping[int, Any]) -> tuple[float, float] | None:
    """Returns latitude and longitude of a GPS directory in degrees; None where they are missing, broken, or both 0,
    which cameras write when they do not know."""
    try:
        lat, lon = _degrees(gps[2]), _degrees(gps[4])
        lat, lon = (-lat if gps[1] in ("S", b"S") else lat), (-lon if gps[3] in ("W", b"W") else lon)
    except (KeyError, TypeError, ValueError, ZeroDivisionError, IndexError):
        return None
    inside = -90 <= lat <= 90 and -180 <= lon <= 180
    return (lat, lon) if inside and (lat or lon) else None


def _degrees(parts: Sequence[Any]) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    return degrees + minutes / 60 + seconds / 3600


def difference_hash(gray: Sequence[Sequence[int]]) -> int:
    """Returns 64 bits, as a signed number, of 8 rows of 9 grey values: whether each is darker than its neighbour."""
    bits = 0
    for row in gray:
        for left, right in pairwise(row):
            bits = bits << 1 | (left < right)
    return bits - (1 << 64) if bits >> 63 else bits
