"""Channels: named series of samples of what the platform does."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from pydantic import BaseModel, Field

from fairway.events import stream
from fairway.transport import Transport


class LiveSample(BaseModel):
    """`ts` is in nanoseconds since the epoch; `pulse_id` is the counter of the producer, such as an epoch."""

    backend: str
    name: str
    type: str
    ts: int
    value: Any
    pulse_id: int | None = None

    @property
    def time(self) -> datetime:
        """In UTC, as exact as microseconds."""
        return datetime.fromtimestamp(self.ts // 1000 / 1e6, UTC)


class Channel(BaseModel):
    series_id: str = Field(alias="seriesId")
    backend: str
    name: str
    type: str
    unit: str
    source: str
    description: str


Point = tuple[int, float]


class Curve(BaseModel):
    """`points`, `lows` and `highs` are pairs of a key and a number: keys are nanoseconds since the epoch, or steps.
    Points without a number are left out. Samples have neither `lows` nor `highs`."""

    name: str
    raw: bool
    points: list[Point]
    lows: list[Point] = []
    highs: list[Point] = []
    continues_at: datetime | None = None
    """Where the next request goes on when there were more samples than one answer may have."""


class Channels:
    """Methods raise ApiError and Unreachable."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def search(self, text: str = "", backend: str | None = None) -> list[Channel]:
        """Returns channels whose names match a regular expression, whatever its case."""
        found = self.transport.get("/channels/search", search_text=text, backend=backend)
        return [Channel.model_validate(row) for row in found["channels"]]

    def curve(
        self, name: str, begin: datetime, end: datetime, bins: int = 0, backend: str | None = None, axis: str = "time"
    ) -> Curve:
        """Returns the curve of a channel between two times; `bins` of 0 are samples as they were recorded, as fewer
        samples than bins are. `axis` is one of `time`, `step`, `relative_step` and `relative_time`."""
        found = self.transport.get(
            "/channels/curve", channel_name=name, backend=backend, begin_time=_milliseconds(begin),
            end_time=_milliseconds(end), num_bins=bins, useEventsIfBinCountTooLarge=True, x=axis,
        )["curve"]  # fmt: skip
        meta = found.get(f"{name}_meta", {"raw": True})
        bands = {
            key: _points(found.get(f"{name}{ending}", {})) for key, ending in (("lows", "_min"), ("highs", "_max"))
        }
        return Curve(
            name=name, raw=meta["raw"], points=_points(found[name]), continues_at=meta.get("continueAt"), **bands
        )

    def picture(
        self, names: Sequence[str], begin: datetime, end: datetime, kind: str = "png", backend: str | None = None,
        title: str = "", width: int = 1000, height: int = 400,
    ) -> bytes:  # fmt: skip
        """Returns the curves as a file of the kind `png` or `svg`; sizes are in pixels."""
        return self.transport.get_bytes(
            "/channels/picture", channel_name=list(names), backend=backend, begin_time=_milliseconds(begin),
            end_time=_milliseconds(end), format=kind, title=title, width=width, height=height,
        )  # fmt: skip

    def watch(self, names: Sequence[str], backend: str | None = None) -> Iterator[LiveSample | None]:
        """Yields samples as they are recorded, until the client is closed; the stream reconnects by itself and goes on
        after the last sample. None means that samples were lost: read the curve again."""
        wanted = [("channel_name", name) for name in names]
        query = urlencode(wanted if backend is None else [*wanted, ("backend", backend)])
        for event in stream(self.transport.http, f"/channels/stream?{query}"):
            if event.name == "resync":
                yield None
            for sample in event.data.get("samples", ()):
                yield LiveSample.model_validate(sample)


def _points(values: dict[str, float | None]) -> list[Point]:
    """Elements of arrays stand at the time of their array."""
    return [(int(key.partition("_")[0]), value) for key, value in values.items() if value is not None]


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
