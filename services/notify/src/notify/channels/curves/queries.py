import asyncio
import time

from contracts.notify.channel_times import BadWindow, check_times
from contracts.notify.channels import CurvePosition, CurveSlice, GetCurve
from kit.errors import Invalid
from kit.messaging.tx import ReadTx
from notify.channels.curves import axes, binned, points, raw, shapes
from notify.channels.curves.domain import MILLI, Span, bins_of, width_of
from notify.channels.curves.sources import Reader
from notify.channels.series.queries import SeriesState, note_view, resolve, state_of
from notify.channels.series.snapshot import snapshot
from notify.channels.settings import ChannelSettings

SECONDS = 50.0
BINS = 8_000
"""Bins of one slice."""
EMPTY = CurveSlice(raw=False)
reads = asyncio.Semaphore(6)
"""So many at a time: a slow one holds a connection."""


async def get_curve(query: GetCurve, read: ReadTx, settings: ChannelSettings, is_view: bool = True) -> CurveSlice:
    """A view puts the channel in front of the recent ones. Raises NotFound for a name that no channel has, Invalid for
    times and numbers of bins that are out of range, Unavailable when the database takes too long."""
    position = query.position or await _resolved(query, read, settings, is_view)
    if position is None:
        return EMPTY
    async with reads, snapshot(read, SECONDS) as connection:
        series = await state_of(connection, position.series, read.actor)
        if series is None or series.first_ts is None:
            return EMPTY
        found = await _read(query, position, Reader(connection, series), settings)
    return found if query.axis != "relative_time" else _moved(found, series.first_ts)


def _moved(found: CurveSlice, start: int) -> CurveSlice:
    return found.model_copy(update={"keys": [key - start for key in found.keys]})


async def _resolved(
    query: GetCurve, read: ReadTx, settings: ChannelSettings, is_view: bool
) -> CurvePosition | None:  # fmt: skip
    series = await resolve(query.channel_name, query.backend, settings.channel_default_backend, read)
    _check(query, settings.channel_max_bins)
    if series is not None and is_view:
        await note_view(series.id, read)
    begin, end = query.begin_ms * MILLI, min(query.end_ms * MILLI, time.time_ns())
    return None if series is None or begin > end else _position(query, series, (begin, end))


def _check(query: GetCurve, most: int) -> None:
    try:
        check_times(query.begin_ms, query.end_ms)
    except BadWindow as problem:
        raise Invalid("bad_window", str(problem)) from problem
    if query.num_bins > most:
        raise Invalid("too_many_bins", f"num_bins must be at most {most}.")


def _position(query: GetCurve, series: SeriesState, span: Span) -> CurvePosition:
    is_raw = query.num_bins <= 0 or series.is_text or bool(query.is_string)
    width = 0 if is_raw else width_of(*span, query.num_bins)
    first = span[0] if is_raw else max(bins_of(*span, width)[0], (series.first_ts or 0) // width)
    return CurvePosition(series=series.id, begin=span[0], end=span[1], width=width, raw=is_raw, next=first)


async def _read(query: GetCurve, position: CurvePosition, reader: Reader, settings: ChannelSettings) -> CurveSlice:
    most = settings.channel_max_raw_points
    if query.axis in ("step", "relative_step"):
        is_relative = query.axis == "relative_step"
        return await axes.over_steps(reader, position, query.num_bins, most, query.is_string, is_relative)
    if query.downsample in ("m4", "minmaxlttb") and not position.raw:
        return await shapes.shaped(reader, position, query.downsample, query.num_bins)
    if not position.raw:
        found = await _binned(query, position, reader)
        if found is not None:
            return found
        position = position.model_copy(update={"raw": True, "next": position.begin})
    return await _raw(query, position, reader, most)


async def _binned(query: GetCurve, position: CurvePosition, reader: Reader) -> CurveSlice | None:
    """Returns None when there are so few samples that they are answered as they are."""
    width, end = position.width, bins_of(position.begin, position.end, position.width)[1]
    first = position.next
    until = max(first, min(first + BINS, end))
    is_first = query.position is None
    checks = query.raw_when_sparse and is_first
    bins = await binned.read_bins(reader, (first, end if checks else until), width)
    if checks and _is_sparse(query, reader.series, bins.n):
        return None
    found = await binned.binned(
        reader, bins, (first, until), width, query.scheme, query.downsample == "last", query.remove_empty_bins
    )
    after = position.model_copy(update={"next": until}) if until < end else None
    interval = float(width) if not is_first or end - first > 1 else 0.0
    return found.model_copy(update={"position": after, "interval": interval})


def _is_sparse(query: GetCurve, series: SeriesState, n: int) -> bool:
    return n < query.num_bins and (not series.is_array or n <= 1)


async def _raw(query: GetCurve, position: CurvePosition, reader: Reader, most: int) -> CurveSlice:
    samples = await raw.read(reader, (position.next, position.end), points.SLICE)
    found = points.cut(samples, most - position.taken, position.taken)
    shown = await _expanded(query, position, reader, found)
    answer = points.slice_of(shown, reader.series.type, query.is_string)
    if found.next is None or found.continue_at_ms is not None:
        return answer.model_copy(update={"continue_at_ms": found.continue_at_ms})
    taken = position.taken + sum(sample.points for sample in found.samples)
    after = position.model_copy(update={"next": found.next, "taken": taken})
    return answer.model_copy(update={"position": after})


async def _expanded(query: GetCurve, position: CurvePosition, reader: Reader, found: points.Cut) -> list[raw.RawSample]:
    """With the samples beside the window, where they are asked for."""
    if not query.query_expansion:
        return found.samples
    before = [] if position.taken else await raw.last_before(reader, position.begin)
    after = await raw.first_from(reader, position.end) if found.next is None else []
    return [*before, *found.samples, *after]
