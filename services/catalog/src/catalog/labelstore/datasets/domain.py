"""Rules of dataset versions: classes and splits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

SIDES = ("train", "val", "test")


def category_ids(labels: Iterable[str], before: Sequence[str]) -> list[str]:
    """Returns the names of the categories in the order of their ids, from 0: those of an older version keep theirs,
    new ones follow in code-point order."""
    return [*before, *sorted(set(labels) - set(before))]


@dataclass(frozen=True)
class SplitItem:
    """An image in a split. `group` is its image set, flight or itself; `cluster` that of its near duplicates; `kept` is
    the side that an earlier version gave it."""

    image_id: int
    group: str
    cluster: int
    kept: str | None = None


def split(items: Sequence[SplitItem], fractions: Mapping[str, float], seed: str) -> dict[int, str]:
    """Returns the side of each image. Images that share a group or a cluster are on one side. The side follows from the
    hash of the oldest member's group, so it stays when data grow; where an earlier version has said it, that counts."""
    members: dict[int, list[SplitItem]] = {}
    roots = _components(items)
    for one in items:
        members.setdefault(roots[one.image_id], []).append(one)
    sides: dict[int, str] = {}
    for found in members.values():
        oldest = min(found, key=lambda one: one.image_id)
        kept = next((one.kept for one in sorted(found, key=lambda one: one.image_id) if one.kept), None)
        side = kept or side_of(oldest.group, fractions, seed)
        sides.update({one.image_id: side for one in found})
    return sides


def side_of(group: str, fractions: Mapping[str, float], seed: str) -> str:
    """Returns the side that the hash of a group falls on."""
    total = sum(fractions[side] for side in SIDES)
    point = int.from_bytes(sha256(f"{seed}\0{group}".encode()).digest()[:8]) / 2**64 * total
    for side in SIDES:
        point -= fractions[side]
        if point < 0:
            return side
    return next(side for side in reversed(SIDES) if fractions[side] > 0)


def _components(items: Sequence[SplitItem]) -> dict[int, int]:
    """Returns a root of each image: the same for images that a chain of groups and clusters connects."""
    parent = {one.image_id: one.image_id for one in items}

    def root(image_id: int) -> int:
        while parent[image_id] != image_id:
            parent[image_id] = parent[parent[image_id]]
            image_id = parent[image_id]
        return image_id

    first: dict[tuple[str, object], int] = {}
    for one in items:
        for key in (("group", one.group), ("cluster", one.cluster)):
            parent[root(one.image_id)] = root(first.setdefault(key, one.image_id))
    return {image_id: root(image_id) for image_id in parent}
