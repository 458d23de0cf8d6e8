"""Curves of channels, asked from their owner in slices and put together."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from starlette.requests import Request

from contracts.notify.channels import CurveSlice, GetCurve
from gateway.apis.dashboards.owner_calls import answer

IN_THREAD = 20_000
"""Points from which on others should not wait while they are written."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


async def curve_json(request: Request, query: GetCurve) -> bytes:
    """Returns the JSON of a curve. Raises the refusals of its owner; TimeoutError."""
    slices = [CurveSlice.model_validate_json(await answer(request, query))]
    while slices[-1].position:
        query = query.model_copy(update={"position": slices[-1].position})
        slices.append(CurveSlice.model_validate_json(await answer(request, query)))
    if sum(len(part.keys) for part in slices) > IN_THREAD:
        return await asyncio.to_thread(_written, query, slices)
    return _written(query, slices)


def _written(query: GetCurve, slices: list[CurveSlice]) -> bytes:
    return orjson.dumps({"curve": curve_of(query.channel_name, slices, query.downsample)})


def curve_of(name: str, slices: list[CurveSlice], downsample: str | None = None) -> dict[str, Any]:
    """Returns the maps of a curve; without any point there is only that of its values."""
    points: dict[str, Any] = {}
    lows: dict[str, float] = {}
    highs: dict[str, float] = {}
    metas: dict[str, Any] = {}
    for part in slices:
        _add_points(points, part)
        _add_metas(metas, part)
        lows |= _known(part.keys, part.mins)
        highs |= _known(part.keys, part.maxs)
    if not points:
        return {name: {}}
    bands = {} if slices[0].raw else {f"{name}_min": lows, f"{name}_max": highs}
    return {name: points, **bands, f"{name}_meta": {**_meta(slices, downsample), "pointMeta": metas}}


def _add_points(points: dict[str, Any], part: CurveSlice) -> None:
    """An element of an array has its index in its key."""
    if not part.arrays:
        points.update(zip(map(str, part.keys), part.values, strict=True))
        return
    for key, value, elements in zip(part.keys, part.values, part.arrays, strict=True):
        if elements is None:
            points[str(key)] = value
        else:
            points.update((f"{key}_{index}", element) for index, element in enumerate(elements))


def _add_metas(metas: dict[str, Any], part: CurveSlice) -> None:
    name, column = ("pulseId", part.pulses) if part.raw else ("count", part.counts)
    for place, key in enumerate(part.keys):
        desc = part.descs[place] if part.descs else None
        metas[str(key)] = {name: column[place]} if desc is None else {name: column[place], "desc": desc}


def _known(keys: list[int], numbers: list[float | None]) -> dict[str, float]:
    if not numbers:
        return {}
    return {str(key): number for key, number in zip(keys, numbers, strict=True) if number is not None}


def _meta(slices: list[CurveSlice], downsample: str | None) -> dict[str, Any]:
    first, last = slices[0], slices[-1]
    waveform = any(part.waveform for part in slices)
    meta: dict[str, Any] = {"raw": first.raw, "waveform": waveform}
    if not waveform:
        meta |= {"interval_avg": first.interval, "interval_stddev": 0.0}
    if downsample:
        meta["downsample"] = downsample
    if last.continue_at_ms is not None:
        meta |= {"truncated": True, "continueAt": rfc3339(last.continue_at_ms)}
    return meta


def rfc3339(ms: int) -> str:
    """Returns a time, given in milliseconds since the epoch, in UTC."""
    return (EPOCH + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
