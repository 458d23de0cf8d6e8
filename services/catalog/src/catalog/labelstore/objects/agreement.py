"""Rules of several opinions of one image: how far they agree, and what most of them say."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from catalog.labelstore.objects.shapes import Box, outline

AREAS = ("polygon", "rotated_box")


@dataclass(frozen=True)
class Said:
    """An object as somebody has drawn it."""

    label: str
    box: Box
    shape: dict[str, Any] | None = None


@dataclass(frozen=True)
class Score:
    """Objects found, drawn where there is nothing, and missed."""

    tp: int
    fp: int
    fn: int

    @property
    def f1(self) -> float:
        """1 where both have nothing."""
        return 2 * self.tp / (2 * self.tp + self.fp + self.fn) if self.tp + self.fp + self.fn else 1.0


@dataclass(frozen=True)
class Consensus:
    """`agreement` is 0 to 1; `disputed` counts objects that some have drawn, but not most."""

    objects: list[Said]
    agreement: float
    disputed: int


def iou(one: Said, other: Said) -> float:
    """Returns the intersection over union of outlines where both have one, else of boxes."""
    if one.shape and other.shape and one.shape["type"] in AREAS and other.shape["type"] in AREAS:
        left, right = outline(one.shape), outline(other.shape)
        shared, areas = left.intersection(right).area, left.area + right.area
    else:
        shared, areas = _shared(one.box, other.box), _area(one.box) + _area(other.box)
    return shared / (areas - shared) if areas > shared else 1.0


def _shared(one: Box, other: Box) -> int:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(width, 0) * max(height, 0)


def _area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])


def compare(truth: Sequence[Said], said: Sequence[Said], min_iou: float) -> Score:
    """Compares with what is true. A pair matches by label and IoU; each object once, the best pairs first."""
    hits = len(pairs_of(truth, said, min_iou, same_label=True))
    return Score(hits, len(said) - hits, len(truth) - hits)


def pairs_of(left: Sequence[Said], right: Sequence[Said], min_iou: float, same_label: bool) -> list[tuple[int, int]]:
    """Returns the index pairs of objects that match, each object once, the best pairs first."""
    found = [
        (iou(left[i], right[j]), i, j)
        for i, j in _near(left, right)
        if not same_label or left[i].label == right[j].label
    ]
    taken: tuple[set[int], set[int]] = set(), set()
    pairs: list[tuple[int, int]] = []
    for value, i, j in sorted(found, reverse=True):
        if value >= min_iou and i not in taken[0] and j not in taken[1]:
            taken[0].add(i)
            taken[1].add(j)
            pairs.append((i, j))
    return pairs


def _near(left: Sequence[Said], right: Sequence[Said]) -> Iterator[tuple[int, int]]:
    """Yields the pairs whose boxes meet, without looking at all of them."""
    ordered = sorted(range(len(right)), key=lambda j: right[j].box[0])
    starts = [right[j].box[0] for j in ordered]
    for i, one in enumerate(left):
        for j in ordered[: bisect_left(starts, one.box[2])]:
            if _shared(one.box, right[j].box):
                yield i, j


def agree(opinions: Sequence[Sequence[Said]], min_iou: float) -> Consensus:
    """Returns the objects that more than half of the opinions have, each as the one of them that is nearest to the
    others, with the label that most give it. `agreement` is the mean F1 of all pairs of opinions."""
    scores = [compare(one, other, min_iou).f1 for one, other in combinations(opinions, 2)]
    groups: list[list[Said]] = []
    for opinion in opinions:
        _join(groups, opinion, min_iou)
    needed = len(opinions) / 2
    kept = [_elected(group) for group in groups if len(group) > needed]
    return Consensus(kept, sum(scores) / len(scores) if scores else 1.0, sum(len(g) <= needed for g in groups))


def _join(groups: list[list[Said]], opinion: Sequence[Said], min_iou: float) -> None:
    """Puts each object of an opinion to the group of the object that it shows, or begins a new one."""
    pairs = pairs_of([group[0] for group in groups], opinion, min_iou, same_label=False)
    for i, j in pairs:
        groups[i].append(opinion[j])
    known = {j for _, j in pairs}
    groups += [[one] for j, one in enumerate(opinion) if j not in known]


def _elected(group: Sequence[Said]) -> Said:
    label = max(Counter(one.label for one in group).items(), key=lambda entry: (entry[1], entry[0]))[0]
    central = max(group, key=lambda one: sum(iou(one, other) for other in group))
    return Said(label, central.box, central.shape)
