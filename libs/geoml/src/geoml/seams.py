"""Joining what block borders cut.

Every block is looked at with a margin, and each block answers only for its core. A building across
a border is found by both blocks, in part outside their core: the two findings tell whether they mean the same one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from shapely import Geometry, Polygon, STRtree

AGREEMENT = 0.5


@dataclass(frozen=True)
class Finding:
    """One building as one block sees it, in pixel coordinates of the grid.

    `whole` reaches into the margin, `core` is what lies in the block; `view` is block and margin;
    `pixels` and `probability` (a sum) are of the core.
    """

    whole: Polygon
    core: Geometry
    view: Polygon
    pixels: int
    probability: float

    @property
    def cut(self) -> bool:
        """Whether another block may know more of it: two pixels of the block's edge are near enough to tell."""
        return self.whole.area > self.core.area or self.core.bounds != self.whole.bounds


def join(findings: Sequence[Finding]) -> list[Finding]:
    """Findings that mean the same building become one, made of their cores."""
    if not findings:
        return []
    cores = [f.core for f in findings]
    left, right = STRtree(cores).query(cores, predicate="intersects")
    pairs = [(i, j) for i, j in zip(left, right, strict=True) if i < j and _same(findings[i], findings[j])]
    rows, columns = np.asarray(pairs, int).reshape(-1, 2).T
    graph = coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(findings),) * 2)
    count, group = connected_components(graph, directed=False)
    members: list[list[Finding]] = [[] for _ in range(count)]
    for finding, number in zip(findings, group, strict=True):
        members[number].append(finding)
    return [_merge(m) for m in members]


def _same(a: Finding, b: Finding) -> bool:
    """How much of what both could see do both count to it: one for one building, near zero for neighbours."""
    if a.view.equals(b.view):
        return False
    agreed = a.whole.intersection(b.core).area + b.whole.intersection(a.core).area
    visible = a.core.intersection(b.view).area + b.core.intersection(a.view).area
    return agreed > AGREEMENT * visible


def _merge(members: list[Finding]) -> Finding:
    if len(members) == 1:
        return members[0]
    joined = shapely.union_all([m.core for m in members])
    outline = max(shapely.get_parts(joined), key=lambda p: p.area)
    return Finding(
        outline, outline, members[0].view, sum(m.pixels for m in members), sum(m.probability for m in members)
    )
