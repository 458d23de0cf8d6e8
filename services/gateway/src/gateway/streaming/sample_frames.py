"""Samples of the bus as server-sent events."""

from collections.abc import Collection, Iterable, Mapping

import orjson
from fastapi.sse import format_sse_event

from contracts.notify.samples import BadSample, Sample, samples_of
from contracts.shared import Json
from gateway.streaming.frames import SseEvent

Channel = tuple[str, str, str]
"""Backend, name and type."""


def mentions(data: bytes, names: Iterable[str]) -> bool:
    """Whether a message may have samples of one of these channels; it is not parsed. Names that JSON escapes are found
    by their backslash."""
    return b"\\" in data or any(name.encode() in data for name in names)


def samples_by_channel(data: bytes, wanted: Collection[Channel], default_backend: str) -> dict[Channel, list[Json]]:
    """Returns the samples of the wanted channels as they are shown. Nothing of a message that the recorder refuses."""
    found: dict[Channel, list[Json]] = {}
    try:
        body = orjson.loads(data)
        samples = samples_of(body, default_backend)
    except (orjson.JSONDecodeError, BadSample):
        return found
    for entry, sample in zip(body["samples"], samples, strict=True):
        if sample.channel in wanted:
            found.setdefault(sample.channel, []).append(_shown(sample, entry["value"]))
    return found


def _shown(sample: Sample, value: object) -> Json:
    """The time is text, because browsers cannot hold its digits in a number."""
    return {
        "backend": sample.backend, "name": sample.name, "type": sample.type, "ts": str(sample.ts), "value": value,
        "pulse_id": sample.pulse_id,
    }  # fmt: skip


def samples_event(found: Mapping[Channel, list[Json]], channels: Collection[Channel], sequence: int) -> SseEvent | None:
    """Returns the event of one message for a reader of these channels; None when there is nothing for them."""
    shown = [sample for channel, samples in found.items() if channel in channels for sample in samples]
    if not shown:
        return None
    data = orjson.dumps({"samples": shown}).decode()
    return SseEvent(format_sse_event(data_str=data, event="samples", id=str(sequence)), sequence)


def position(sequence: int) -> bytes:
    """Tells a page where its stream begins, so that it can resume before the first sample has come."""
    return format_sse_event(event="position", data_str="{}", id=str(sequence))
