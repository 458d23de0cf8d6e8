"""Merges the detections of buildings that block borders cut.

Each block is computed with a margin but is responsible for its core only. A building across a border is detected by
both blocks, in part outside their cores; how far the two detections agree there tells whether they are one building.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from shapely import Polygon, STRtree
from shapely.geometry.base import BaseGeometry

MIN_AGREEMENT = 0.5


@dataclass(frozen=True)
class Detection:
    """One building as one block detects it, in pixel coordinates of the grid.

    `whole` reaches into the margin, `core` is the part inside the block, `window` is the block with its margin.
    `pixels` is the number of pixels of the core, `probability` the sum of their building probabilities.
    """

    whole: Polygon
    core: BaseGeometry
    window: Polygon
    pixels: int
    probability: float

    @property
    def is_cut(self) -> bool:
        """Whether the building may continue in another block."""
        return self.whole.area > self.core.area or self.core.bounds != self.whole.bounds


def merge_detections(detections: Sequence[Detection]) -> list[Detection]:
    """Returns one detection per building; detections of the same building are merged into the union of their cores."""
    if not detections:
        return []
    cores = [d.core for d in detections]
    left, right = STRtree(cores).query(cores, predicate="intersects")
    pairs = [(i, j) for i, j in zip(left, right, strict=True) if i < j and _is_same(detections[i], detections[j])]
    rows, columns = np.asarray(pairs, int).reshape(-1, 2).T
    graph = coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(detections),) * 2)
    count, component = connected_components(graph, directed=False)
    members: list[list[Detection]] = [[] for _ in range(count)]
    for detection, number in zip(detections, component, strict=True):
        members[number].append(detection)
    return [_merged(m) for m in members]


def _is_same(a: Detection, b: Detection) -> bool:
    """Compares the area that both count to the building with the area that both could see.

    The ratio is near 1 for one building and near 0 for adjacent buildings.
    """
    if a.window.equals(b.window):
        return False
    agreed = a.whole.intersection(b.core).area + b.whole.intersection(a.core).area
    visible = a.core.intersection(b.window).area + b.core.intersection(a.window).area
    return agreed > MIN_AGREEMENT * visible


def _merged(members: list[Detection]) -> Detection:
    if len(members) == 1:
        return members[0]
    union = shapely.union_all([m.core for m in members])
    outline = max(shapely.get_parts(union), key=lambda p: p.area)
    return Detection(
        outline, outline, members[0].window, sum(m.pixels for m in members), sum(m.probability for m in members)
    )
