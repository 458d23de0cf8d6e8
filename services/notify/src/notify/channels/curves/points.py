"""Raw samples as points of a curve: how many fit into a slice, and where the next one begins."""

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.notify.channels import CurveSlice
from notify.channels.curves.domain import MILLI, finite, shown
from notify.channels.curves.raw import RawSample

SLICE = 1 << 16
"""Weight of the samples of one slice: at least one array of the greatest length."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The samples of a slice. `next` is the time of the first that is not among them, `continue_at_ms` where the next
    request begins when no more may follow in this one."""

    samples: list[RawSample]
    next: int | None = None
    continue_at_ms: int | None = None


def cut(samples: list[RawSample], room: int, taken: int) -> Cut:
    """Returns what goes into a slice of `samples`, which end with one too many if there are more than fit. At most
    `room` points may follow the `taken` ones; the first sample always fits."""
    kept = _lighter(samples)
    found = fitted(kept, room, at_least=0 if taken else 1)
    if found.continue_at_ms is not None or len(kept) == len(samples):
        return found
    return Cut(kept, samples[len(kept)].ts)


def fitted(samples: list[RawSample], room: int, at_least: int = 1) -> Cut:
    """Returns the first of the samples that have `room` points together, but at least so many samples."""
    points = 0
    for place, sample in enumerate(samples):
        points += sample.points
        if points > room and place >= at_least:
            kept = _until_millisecond(samples[:place], sample.ts)
            last = kept[-1].ts if kept else sample.ts - MILLI
            return Cut(kept, sample.ts, last // MILLI + 1)
    return Cut(samples)


def _lighter(samples: list[RawSample]) -> list[RawSample]:
    weight = 0
    for place, sample in enumerate(samples):
        weight += sample.weight
        if weight > SLICE and place:
            return samples[:place]
    return samples


def _until_millisecond(samples: list[RawSample], next_ts: int) -> list[RawSample]:
    """Leaves out those that share their millisecond with the next sample, because the next request begins with a
    millisecond; unless all do."""
    earlier = [sample for sample in samples if sample.ts // MILLI < next_ts // MILLI]
    return earlier or samples


def slice_of(samples: Sequence[RawSample], kind: str, as_text: bool | None) -> CurveSlice:
    """Returns the columns of raw samples of a series of the type `kind`."""
    points = [
        (None, None) if sample.elements is not None else shown(kind, sample.number, sample.text, as_text)
        for sample in samples
    ]
    has_arrays = any(sample.elements is not None for sample in samples)
    descs = [desc for _, desc in points]
    return CurveSlice.model_construct(
        raw=True, waveform=has_arrays, keys=[sample.ts for sample in samples], values=[number for number, _ in points],
        arrays=[_elements(sample) for sample in samples] if has_arrays else [],
        pulses=[sample.pulse for sample in samples], descs=descs if any(desc is not None for desc in descs) else [],
    )  # fmt: skip


def _elements(sample: RawSample) -> list[float | None] | None:
    return None if sample.elements is None else [finite(element) for element in sample.elements]
