"""Reads what is drawn: curves in bins, or samples where there are few, and annotations."""

import asyncio
from collections.abc import Iterable

from contracts.notify.annotations import ListAnnotations
from contracts.notify.channel_times import BadWindow, check_times
from contracts.notify.channels import CurveSlice, GetCurve
from contracts.notify.pictures import ChannelCurve, CurveData
from kit.errors import Invalid, NotFound
from kit.messaging.tx import ReadTx
from notify.annotations.queries import list_annotations
from notify.channels.curves.queries import get_curve
from notify.channels.series.queries import find
from notify.channels.settings import ChannelSettings

Wanted = tuple[str, str | None]
"""A channel: its name, and its backend where that is known."""
AT_ONCE = 3
MAX_MARKS = 200
COLUMNS = ("keys", "values", "mins", "maxs", "arrays")


async def read_data(
    wanted: Iterable[Wanted], window: tuple[int, int], bins: int, read: ReadTx, settings: ChannelSettings,
    annotations: bool = True,
) -> CurveData:  # fmt: skip
    """Returns each channel once. `window` is in milliseconds. Raises Invalid for times that are none, Unavailable."""
    begin, end = _checked(window)
    limit = MAX_MARKS if annotations else 1
    marks = await list_annotations(ListAnnotations(begin=begin, end=end, limit=limit), read)
    await read.close()
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(name: str, backend: str | None) -> ChannelCurve:
        query = GetCurve(
            channel_name=name, backend=backend, begin_ms=begin, end_ms=end, num_bins=bins, raw_when_sparse=True,
            remove_empty_bins=True,
        )  # fmt: skip
        async with slots:
            return await _curve(query, read, settings)

    curves = await asyncio.gather(*(one(*channel) for channel in dict.fromkeys(wanted)))
    shown = {"annotations": marks.annotations, "more_annotations": marks.truncated} if annotations else {}
    return CurveData(begin_ms=begin, end_ms=end, curves=curves, **shown)


def _checked(window: tuple[int, int]) -> tuple[int, int]:
    try:
        check_times(*window)
    except BadWindow as problem:
        raise Invalid("bad_window", str(problem)) from problem
    return window


async def _curve(query: GetCurve, read: ReadTx, settings: ChannelSettings) -> ChannelCurve:
    shown = ChannelCurve(name=query.channel_name, backend=query.backend)
    try:
        unit = (await find(query.channel_name, query.backend, settings.channel_default_backend, read)).unit
        points = await _points(query, read, settings)
    except NotFound:
        return shown.model_copy(update={"problem": f"There is no channel {query.channel_name[:200]!r}."})
    if not points.keys:
        return shown.model_copy(update={"unit": unit, "problem": f"{query.channel_name[:200]!r} has no samples there."})
    columns = {name: getattr(points, name) for name in ("keys", "values", "mins", "maxs")}
    return shown.model_copy(update={"unit": unit, **columns})


async def _points(query: GetCurve, read: ReadTx, settings: ChannelSettings) -> CurveSlice:
    """All slices as one; arrays as the means of their elements."""
    part = found = await get_curve(query, read, settings, is_view=False)
    while part.position is not None:
        query = query.model_copy(update={"position": part.position})
        part = await get_curve(query, read, settings, is_view=False)
        found = found.model_copy(update={name: [*getattr(found, name), *getattr(part, name)] for name in COLUMNS})
    if not found.arrays:
        return found
    return found.model_copy(update={"values": list(map(_mean, found.values, found.arrays))})


def _mean(value: float | None, elements: list[float | None] | None) -> float | None:
    known = [one for one in elements or () if one is not None]
    return sum(known) / len(known) if known else value
