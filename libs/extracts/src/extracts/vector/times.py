"""Times on their way through GDAL, whose Arrow streams move some of them.

Read as numbers, a time just before the next second is the beginning of its own, and times of a FlatGeobuf have no zone;
read as text they are whole. Written, a time before 1970 with a fraction in the last second of a minute is one of the
next minute.
"""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

MOMENT, CLOCK = pa.timestamp("ms", "UTC"), pa.timestamp("ms")
"""With a zone, and without one."""
_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def is_time(field: pa.Field) -> bool:
    """Of a stream that gives times as text."""
    return (field.metadata or {}).get(b"GDAL:OGR:type") == b"DateTime"


def kind_of(texts: pa.Array) -> pa.DataType:
    """MOMENT where one of the times has a zone."""
    return MOMENT if any(one and one.tzinfo for one in map(_parsed, texts.to_pylist())) else CLOCK


def to_times(texts: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    """In UTC; a time without a zone counts as UTC where others have one, as it does in a GeoPackage."""
    times = [_in_utc(_parsed(text)) for text in texts.to_pylist()]
    return pa.chunked_array([pa.array(times, CLOCK).cast(kind)])


def _in_utc(time: datetime | None) -> datetime | None:
    return time.astimezone(UTC).replace(tzinfo=None) if time and time.tzinfo else time


def _parsed(text: str | None) -> datetime | None:
    """None for what is no time: a GeoPackage may hold any text there.

    GDAL rounds 59.9996 seconds to 60, and leaves zero bytes behind some texts.
    """
    whole = (text or "").rstrip("\0")
    whole = whole[:10].replace("/", "-") + whole[10:]
    is_next = whole[17:19] == "60"
    try:
        found = datetime.fromisoformat(f"{whole[:17]}59{whole[19:]}" if is_next else whole)
    except ValueError:
        return None
    return found + timedelta(seconds=1) if is_next else found


def steady(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """What GDAL would move to the next minute loses its fraction instead; all else is as it was."""
    if not pa.types.is_timestamp(values.type):
        return values
    per = _PER_SECOND[values.type.unit]
    numbers = values.cast(pa.int64()).fill_null(0).to_numpy()
    seconds = numbers // per
    moved = (numbers < 0) & (numbers % per != 0) & (seconds % 60 == 59)
    if not moved.any():
        return values
    steadied = np.where(moved, seconds * per, numbers)
    return pa.chunked_array([pa.array(steadied, mask=values.is_null().to_numpy()).cast(values.type)])
