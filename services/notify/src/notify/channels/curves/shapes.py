"""Curves of real samples that keep the shape of all of them: M4 (the first, last, least and greatest of each bin) and
MinMaxLTTB (the largest triangles among least and greatest ones)."""

from typing import TYPE_CHECKING, Any

from contracts.notify.channels import CurvePosition, CurveSlice
from notify.channels.curves import binned, points, raw
from notify.channels.curves.domain import MILLI, Span, bins_of
from notify.channels.curves.sources import Reader, in_thread

if TYPE_CHECKING:
    import numpy as np

MOST = 4_000_000
"""Samples that one answer is chosen from; later ones are asked for by another request."""
WITH_PULSES = points.SLICE
"""Up to so many samples, points say their pulse ids."""


async def shaped(reader: Reader, position: CurvePosition, method: str, num_bins: int) -> CurveSlice:
    """Returns about `num_bins` points (four times as many with M4) of the finite samples of the window."""
    numbers = (position.next, max(position.next, bins_of(position.begin, position.end, position.width)[1]))
    bins = await binned.read_bins(reader, numbers, position.width)
    end, n = position.end, 0
    for number in sorted(bins):
        n += bins[number].n
        if n > MOST:
            end = min(end, number * position.width)
            break
    found = await _chosen(reader, (position.begin, end), method, num_bins, n <= WITH_PULSES)
    return found if end == position.end else found.model_copy(update={"continue_at_ms": end // MILLI})


async def _chosen(reader: Reader, span: Span, method: str, num_bins: int, is_small: bool) -> CurveSlice:
    import numpy as np

    pulses: list[int | None] = []
    if is_small:
        samples = await raw.read(reader, span, 2 * WITH_PULSES)
        times = np.array([sample.ts for sample in samples], np.int64)
        numbers, pulses = np.array([one.mean for one in samples], np.float64), [one.pulse for one in samples]
    else:
        times, numbers = await binned.all_samples(reader, span)
    places = await in_thread(len(times) >> 10, _chosen_rows, times, numbers, method, num_bins)
    return CurveSlice.model_construct(
        raw=True, keys=times[places].tolist(), values=numbers[places].tolist(),
        pulses=[pulses[place] for place in places.tolist()] if pulses else [None] * len(places),
    )  # fmt: skip


def _chosen_rows(times: "np.ndarray", numbers: "np.ndarray", method: str, num_bins: int) -> "np.ndarray":
    import numpy as np

    good = np.flatnonzero(np.isfinite(numbers))
    wanted = 4 * num_bins if method == "m4" else max(3, num_bins)
    if len(good) <= wanted:
        return good
    from_first = times[good] - times[good[0]]
    return good[_downsampler(method).downsample(from_first, numbers[good], n_out=wanted).astype(np.int64)]


def _downsampler(method: str) -> Any:
    from tsdownsample import M4Downsampler, MinMaxLTTBDownsampler

    return M4Downsampler() if method == "m4" else MinMaxLTTBDownsampler()
