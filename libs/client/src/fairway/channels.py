"""Channels: named series of samples of what the platform does."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from pydantic import BaseModel

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


class Channels:
    """Methods raise ApiError and Unreachable."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

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
