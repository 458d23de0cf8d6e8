"""Clusters of near duplicates, by the distance of their perceptual hashes."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_DISTANCE = 8
"""Bits of 64. A picture that was encoded again, resized or cut by 2 % is nearer."""
BANDS = MAX_DISTANCE + 1
"""Parts of a hash: two hashes that differ in at most `MAX_DISTANCE` bits agree in at least one of them."""
CELLS = 1 << 21
"""Comparisons at a time, so that memory stays flat."""
Numbers = NDArray[Any]


def clusters(hashes: Sequence[int | None], digests: Sequence[str | None]) -> list[int]:
    """Returns a number for each picture, the same for pictures that a chain of near or exact duplicates connects.
    `hashes` are difference hashes, `digests` SHA-256; None where they are not known."""
    parent = np.arange(len(hashes))
    first: dict[str, int] = {}
    same = [(first.setdefault(one, index), index) for index, one in enumerate(digests) if one is not None]
    _unite(parent, *np.array(same, np.int64).reshape(-1, 2).T)
    known = np.array([index for index, one in enumerate(hashes) if one is not None], np.int64)
    bits = np.array([one for one in hashes if one is not None], np.int64).view(np.uint64)
    distinct, kept, of = np.unique(bits, return_index=True, return_inverse=True)
    _unite(parent, known, known[kept][of])
    for left, right in _near(distinct):
        _unite(parent, known[kept][left], known[kept][right])
    return _roots(parent, np.arange(len(hashes))).tolist()


def _near(bits: Numbers) -> Iterator[tuple[Numbers, Numbers]]:
    """Yields pairs of positions in `bits` with at most `MAX_DISTANCE` different bits; some of them several times."""
    groups = [_bands(bits, band) for band in range(BANDS)]
    by_band = sum(int((sizes.astype(np.int64) ** 2).sum()) for _, sizes in groups)
    if by_band >= len(bits) ** 2:  # hashes so much alike that bands leave nothing out
        groups = [(np.arange(len(bits)), np.array([len(bits)]))]
    for order, sizes in groups:
        for members in np.split(order, np.cumsum(sizes)[:-1]):
            yield from _pairs(bits, members)


def _bands(bits: Numbers, band: int) -> tuple[Numbers, Numbers]:
    """Returns positions ordered by a part of their hash, and how many have the same one."""
    start, end = 64 * band // BANDS, 64 * (band + 1) // BANDS
    part = (bits >> np.uint64(start)) & np.uint64((1 << (end - start)) - 1)
    _, sizes = np.unique(part, return_counts=True)
    return np.argsort(part, kind="stable"), sizes


def _pairs(bits: Numbers, members: Numbers) -> Iterator[tuple[Numbers, Numbers]]:
    """Compares each member with those after it."""
    mine, step = bits[members], max(1, CELLS // len(members)) if len(members) else 1
    for start in range(0, len(members), step):
        different = np.bitwise_count(mine[start : start + step, None] ^ mine[None, start:])
        rows, columns = np.nonzero(different <= MAX_DISTANCE)
        later = columns > rows
        if later.any():
            yield members[start + rows[later]], members[start + columns[later]]


def _unite(parent: Numbers, left: Numbers, right: Numbers) -> None:
    """Gives the pictures `left` and `right`, pair by pair, the same root: the smaller one."""
    while True:
        one, other = _roots(parent, left), _roots(parent, right)
        apart = one != other
        if not apart.any():
            return
        np.minimum.at(parent, np.maximum(one, other)[apart], np.minimum(one, other)[apart])


def _roots(parent: Numbers, wanted: Numbers) -> Numbers:
    found = parent[wanted]
    while True:
        above = parent[found]
        if (above == found).all():
            parent[wanted] = found
            return found
        found = above
