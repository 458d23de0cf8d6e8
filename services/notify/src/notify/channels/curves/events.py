"""Samples as they were recorded, for downloads."""

from contracts.notify.channels import ChannelEvents, GetChannelEvents
from kit.messaging.tx import ReadTx
from notify.channels.curves import points, raw
from notify.channels.curves.domain import finite
from notify.channels.curves.queries import SECONDS, reads
from notify.channels.curves.raw import RawSample
from notify.channels.curves.sources import Reader
from notify.channels.series.queries import SeriesState, resolve, state_of, unknown
from notify.channels.series.snapshot import snapshot
from notify.channels.settings import ChannelSettings

LAST = (1 << 63) - 1
"""The latest time that a sample can have, in nanoseconds."""


async def get_events(query: GetChannelEvents, read: ReadTx, settings: ChannelSettings) -> ChannelEvents:
    """Raises NotFound for a channel that nobody has, Unavailable when the database takes too long."""
    name = query.channel_name or "" if query.series_id is None else str(query.series_id)
    series = await resolve(name, query.backend, settings.channel_default_backend, read)
    if series is None:
        raise unknown(name)
    async with reads, snapshot(read, SECONDS) as connection:
        now = await state_of(connection, series.id, read.actor)
        return await _slice(query, Reader(connection, now or series))


async def _slice(query: GetChannelEvents, reader: Reader) -> ChannelEvents:
    begin = query.begin if query.position is None else query.position
    found = points.cut(await raw.read(reader, (begin, min(query.end, LAST)), points.SLICE), points.SLICE * 2, 0)
    before = await raw.last_before(reader, begin) if query.one_before and query.position is None else []
    return _columns([*before, *found.samples], reader.series, found.next)


def _columns(samples: list[RawSample], series: SeriesState, position: int | None) -> ChannelEvents:
    return ChannelEvents.model_construct(
        series_id=series.id, type=series.type, times=[sample.ts for sample in samples],
        pulses=[sample.pulse for sample in samples], values=[_value(sample, series) for sample in samples],
        texts=[sample.text for sample in samples] if series.type == "enum" else [], position=position,
    )  # fmt: skip


def _value(sample: RawSample, series: SeriesState) -> int | float | str | list[float | None] | None:
    if sample.elements is not None:
        return [finite(element) for element in sample.elements]
    if series.type == "string":
        return sample.text
    number = finite(sample.number)
    return number if number is None or series.type in ("f64", "f32") else int(number)
