"""Clusters of near duplicates, by the distance of their perceptual hashes."""

from collections.abc import Sequence

import numpy as np

MAX_DISTANCE = 8
"""Bits of 64. A picture that was encoded again, resized or cut by 2 % is nearer."""
BLOCK = 64


def clusters(hashes: Sequence[int | None], digests: Sequence[str | None]) -> list[int]:
    """Returns a number for each picture, the same for pictures that a chain of near or exact duplicates connects.
    `hashes` are difference hashes, `digests` SHA-256; None where they are not known."""
    parent = list(range(len(hashes)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    first: dict[str, int] = {}
    for index, digest in enumerate(digests):
        if digest is not None:
            parent[root(index)] = root(first.setdefault(digest, index))
    for left, right in _near(hashes):
        parent[root(right)] = root(left)
    return [root(index) for index in range(len(hashes))]


def _near(hashes: Sequence[int | None]):
    """Compares all pairs, a block of rows at a time, so that memory stays flat."""
    known = np.array([index for index, one in enumerate(hashes) if one is not None], np.int64)
    bits = np.array([one for one in hashes if one is not None], np.int64).view(np.uint64)
    for start in range(0, len(bits), BLOCK):
        block = bits[start : start + BLOCK, None] ^ bits[None, start:]
        rows, columns = np.nonzero(np.bitwise_count(block) <= MAX_DISTANCE)
        later = columns > rows
        yield from zip(
            known[start + rows[later]].tolist(), known[start + columns[later]].tolist(), strict=True
        )  # fmt: skip
