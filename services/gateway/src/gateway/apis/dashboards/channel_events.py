"""Samples as they were recorded, in columns: as one document, or as frames."""

import re
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.requests import Request

from contracts.notify.channels import ChannelEvents, GetChannelEvents
from gateway.apis.dashboards.owner_calls import answer
from kit.errors import Invalid

SECOND, MILLI = 10**9, 10**6
FRAMED = "application/json-framed"
LIMITS = {False: (80_000, 8 << 20), True: (500_000, 80 << 20)}
"""Samples and bytes, without and with `allowLargeResult`."""
SCALAR_BYTES = 48
"""Bytes that a sample needs beside its value, and a number with them."""
_FRACTION = re.compile(r"\.(\d{1,9})\d*")


def ns_of(text: str, name: str) -> int:
    """Returns a date in ISO 8601, in UTC when it names no zone, as nanoseconds since the epoch. Raises Invalid."""
    found = _FRACTION.search(text)
    try:
        moment = datetime.fromisoformat(_FRACTION.sub("", text.strip(), count=1))
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
    except (ValueError, OverflowError) as error:
        raise Invalid("bad_date", f"{name} is not a date in ISO 8601, such as 2026-05-01T12:00:00.000Z.") from error
    return seconds * SECOND + (int(found[1].ljust(9, "0")) if found else 0)


def iso(ns: int) -> str:
    """Returns a time in UTC with all nine digits."""
    moment = datetime.fromtimestamp(ns // SECOND, UTC).replace(tzinfo=None)
    return f"{moment.isoformat(timespec='seconds')}.{ns % SECOND:09d}Z"


@dataclass
class Limits:
    """What may still be sent."""

    samples: int
    bytes: int
    is_untouched: bool = True

    def fitting(self, part: ChannelEvents) -> int:
        """Returns how many samples of a slice fit, and counts them; the first of all always fits."""
        is_plain = part.type not in ("string", "enum") and not any(isinstance(value, list) for value in part.values)
        for place, value in enumerate(part.values):
            size = (
                SCALAR_BYTES if is_plain else SCALAR_BYTES + len(orjson.dumps((value, part.texts[place : place + 1])))
            )
            if (self.samples <= 0 or self.bytes < size) and not (place == 0 and self.is_untouched):
                return place
            self.samples, self.bytes, self.is_untouched = self.samples - 1, self.bytes - size, False
        return len(part.values)


@dataclass
class Slice:
    """Samples of one slice that fit; `rest` is the time of the next one when the limit is reached."""

    part: ChannelEvents
    rest: int | None = None


async def slices_of(request: Request, query: GetChannelEvents, limits: Limits) -> AsyncIterator[Slice]:
    """Yields at least one slice. Raises the refusals of the owner; TimeoutError."""
    while True:
        part = ChannelEvents.model_validate_json(await answer(request, query))
        count = limits.fitting(part)
        if count < len(part.times):
            yield Slice(_first(part, count), part.times[count])
            return
        yield Slice(part, part.position if limits.samples <= 0 else None)
        if part.position is None or limits.samples <= 0:
            return
        query = query.model_copy(update={"series_id": part.series_id, "position": part.position})


def _first(part: ChannelEvents, count: int) -> ChannelEvents:
    columns = ("times", "pulses", "values", "texts")
    return part.model_copy(update={name: getattr(part, name)[:count] for name in columns})


@dataclass
class Document:
    """Columns that grow slice by slice; texts of JSON, so that large answers need little memory."""

    begin: int
    end: int
    columns: dict[str, list[bytes]] = field(default_factory=dict)
    pulses: list[int | None] = field(default_factory=list)
    anchor: int | None = None
    rest: int | None = None

    def add(self, found: Slice) -> None:
        part = found.part
        if self.anchor is None:
            self.anchor = (part.times[0] if part.times else self.begin) // SECOND
        offsets = [ts - self.anchor * SECOND for ts in part.times]
        self._column("tsMs", orjson.dumps([offset // MILLI for offset in offsets]))
        self._column("tsNs", orjson.dumps([offset % MILLI for offset in offsets]))
        self._column("values", orjson.dumps(part.values))
        if part.type == "enum":
            self._column("valuestrings", orjson.dumps(part.texts))
        self.pulses += part.pulses
        self.rest = found.rest

    def _column(self, name: str, members: bytes) -> None:
        pieces = self.columns.setdefault(name, [])
        if members != b"[]":
            pieces.append(members[1:-1])

    def written(self, is_last: bool = True) -> Iterator[bytes]:
        """Yields the JSON of the document."""
        known = [pulse for pulse in self.pulses if pulse is not None]
        low = min(known, default=0)
        offsets = [None if pulse is None else pulse - low for pulse in self.pulses]
        head: dict[str, Any] = {"tsAnchor": self.anchor, "pulseAnchor": low, "pulseOff": offsets}
        head["rangeFinal"] = is_last and self.rest is None and self.end <= time.time_ns()
        if self.rest is not None:
            head["continueAt"] = iso(self.rest)
        yield orjson.dumps(head)[:-1]
        for name, pieces in self.columns.items():
            yield b',"' + name.encode() + b'":[' + b",".join(pieces) + b"]"
        yield b"}"


async def frames(first: Slice, rest: AsyncIterator[Slice], begin: int, end: int) -> AsyncIterator[bytes]:
    """Yields each slice as a document of its own, after its length."""
    found: Slice | None = first
    while found is not None:
        after = await anext(rest, None)
        document = Document(begin, end)
        document.add(found)
        body = b"".join(document.written(is_last=after is None))
        yield str(len(body)).encode() + b"\n" + body + b"\n"
        found = after
