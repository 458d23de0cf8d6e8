"""COCO run lengths of masks: alternating runs of background and object, column by column."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Box = tuple[int, int, int, int]
Runs = NDArray[np.int64]
MAX_RUNS = 4_000_000


def runs_of(counts: str | Sequence[int]) -> Runs:
    """Returns the lengths of the runs, the first of background. Raises ValueError for text that is no compressed COCO
    mask, and for negative or too many runs."""
    runs = np.asarray(_decompressed(counts) if isinstance(counts, str) else counts, np.int64)
    if len(runs) > MAX_RUNS or (runs < 0).any():
        raise ValueError("its counts are no run lengths")
    return runs


def _decompressed(text: str) -> list[int]:
    """Six bits a character: five of the number and one that says that it goes on; from the third run on the
    differences to the run before the last one."""
    runs: list[int] = []
    number = shift = 0
    for sign in text:
        bits = ord(sign) - 48
        if not 0 <= bits < 64 or shift > 60:
            raise ValueError("its counts are no compressed run lengths")
        number |= (bits & 31) << shift
        shift += 5
        if not bits & 32:
            number -= (1 << shift) if bits & 16 else 0
            runs.append(number + (runs[-2] if len(runs) > 2 else 0))
            number = shift = 0
    if shift:
        raise ValueError("its counts end in the middle of a number")
    return runs


def compressed(runs: Sequence[int] | Runs) -> str:
    """Returns the compressed text of run lengths, as pycocotools writes it."""
    text: list[str] = []
    for index, run in enumerate(int(one) for one in runs):
        number, more = run - (int(runs[index - 2]) if index > 2 else 0), True
        while more:
            bits = number & 31
            number >>= 5
            more = number != (-1 if bits & 16 else 0)
            text.append(chr((bits | 32 if more else bits) + 48))
    return "".join(text)


def area(runs: Runs) -> int:
    """Returns the number of pixels of the object."""
    return int(runs[1::2].sum())


def box(runs: Runs, height: int) -> Box | None:
    """Returns (xmin, ymin, xmax, ymax) of the object, None for an empty mask."""
    ends = np.cumsum(runs)
    start, end = ends[:-1:2], ends[1::2]
    start, end = start[: len(end)][end > start[: len(end)]], end[end > start[: len(end)]]
    if not len(start):
        return None
    first, last = start // height, (end - 1) // height
    whole = (last > first).any()
    top = 0 if whole else int((start % height).min())
    bottom = height if whole else int(((end - 1) % height).max()) + 1
    return int(first.min()), top, int(last.max()) + 1, bottom


def pixels(runs: Runs, height: int, width: int) -> NDArray[np.uint8]:
    """Returns the mask as 0 and 1 [height, width]."""
    values = np.repeat(np.arange(len(runs), dtype=np.uint8) & 1, runs)
    return values.reshape((width, height)).T.astype(np.uint8, copy=False)


def runs_of_pixels(mask: NDArray[np.uint8]) -> Runs:
    """Returns the run lengths of a mask of 0 and 1 [height, width]."""
    flat = mask.T.reshape(-1).astype(np.int8)
    changes = np.flatnonzero(np.diff(flat, prepend=np.int8(0))) if len(flat) else np.zeros(0, np.int64)
    return np.diff(np.concatenate([[0], changes, [len(flat)]]))
