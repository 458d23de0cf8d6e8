"""Curves over steps instead of times. The step of a sample is its pulse id; those without one are left out, and of
several with the same step the latest counts."""

from itertools import groupby

from contracts.notify.channels import CurvePosition, CurveSlice
from notify.channels.curves import points, raw
from notify.channels.curves.domain import finite
from notify.channels.curves.raw import RawSample
from notify.channels.curves.sources import Reader
from notify.channels.samples.domain import summary

MOST = 200_000
"""Samples of one answer with bins."""


async def over_steps(
    reader: Reader, position: CurvePosition, num_bins: int, most: int, as_text: bool | None, is_relative: bool
) -> CurveSlice:
    """Returns points whose keys are steps, counted from the first one where `is_relative`."""
    room = most if position.raw else MOST
    samples = await raw.read(reader, (position.begin, position.end), room)
    found = points.fitted(samples, room)
    by_step = {sample.pulse: sample for sample in found.samples if sample.pulse is not None}
    rows = [by_step[step] for step in sorted(by_step)]
    first = rows[0].pulse or 0 if rows and is_relative else 0
    steps = [(sample.pulse or 0) - first for sample in rows]
    answer = _raw(rows, steps, reader, as_text) if position.raw else _binned(rows, steps, num_bins)
    return answer.model_copy(update={"continue_at_ms": found.continue_at_ms})


def _raw(rows: list[RawSample], steps: list[int], reader: Reader, as_text: bool | None) -> CurveSlice:
    return points.slice_of(rows, reader.series.type, as_text).model_copy(update={"keys": steps})


def _binned(rows: list[RawSample], steps: list[int], num_bins: int) -> CurveSlice:
    width = step_width(steps[-1] - steps[0] + 1, num_bins) if steps else 1
    by_bin = groupby(zip(steps, rows, strict=True), lambda pair: pair[0] // width)
    kept = {number: summary([sample.mean for _, sample in group], 0) for number, group in by_bin}
    return CurveSlice.model_construct(
        raw=False, keys=[number * width + width // 2 for number in kept],
        values=[finite(one.total / one.n_finite) if one.n_finite else None for one in kept.values()],
        mins=[one.low for one in kept.values()], maxs=[one.high for one in kept.values()],
        counts=[one.n for one in kept.values()], interval=float(width) if len(kept) > 1 else 0.0,
    )  # fmt: skip


def step_width(steps: int, num_bins: int) -> int:
    """Returns the greatest of 1, 2, 5, 10, 20, 50 … of which at least `num_bins` fit into `steps`."""
    width, found = 1, 1
    while True:
        for factor in (1, 2, 5):
            if width * factor * num_bins > steps:
                return found
            found = width * factor
        width *= 10
