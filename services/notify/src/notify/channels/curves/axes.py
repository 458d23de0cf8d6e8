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
    answer = _raw(rows, reader.series.type, as_text) if position.raw else _binned(rows, num_bins)
    keys = [key - first for key in answer.keys]
    return answer.model_copy(update={"keys": keys, "continue_at_ms": found.continue_at_ms})


def _raw(rows: list[RawSample], kind: str, as_text: bool | None) -> CurveSlice:
    found = points.slice_of(rows, kind, as_text)
    return found.model_copy(update={"keys": found.pulses})


def _binned(rows: list[RawSample], num_bins: int) -> CurveSlice:
    steps = [(sample.pulse or 0, sample.mean) for sample in rows]
    width = step_width(steps[-1][0] - steps[0][0] + 1, num_bins) if steps else 1
    bins = [(number, [value for _, value in group]) for number, group in groupby(steps, lambda step: step[0] // width)]
    kept = [summary(values, 0) for _, values in bins]
    return CurveSlice.model_construct(
        raw=False, keys=[number * width + width // 2 for number, _ in bins],
        values=[finite(one.total / one.n_finite) if one.n_finite else None for one in kept],
        mins=[one.low for one in kept], maxs=[one.high for one in kept], counts=[one.n for one in kept],
        interval=float(width) if len(bins) > 1 else 0.0,
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
