"""Predicted buildings compared with labels, on some of the chips of a layout."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely import Geometry

from geoml.features import Building
from geoml.grid import ChipLayout
from geoml.labels import LabelRasterizer
from geoml.metrics import match
from geoml.outline_metrics import OutlineCounts, compare_outlines
from geoml.tuning import MIN_LABEL_METRES2


@dataclass
class Scored:
    """The number of labels; of each building found, its confidence and whether it matches a label at an IoU of 0.5."""

    labels: int = 0
    confidence: list[float] = field(default_factory=list)
    right: list[bool] = field(default_factory=list)
    outlines: OutlineCounts = field(default_factory=OutlineCounts)

    def __add__(self, other: "Scored") -> "Scored":
        found = self.confidence + other.confidence, self.right + other.right
        return Scored(self.labels + other.labels, *found, self.outlines + other.outlines)


def score(
    layout: ChipLayout, truth: Sequence[Geometry], found: Sequence[Building], metres: float, names: Iterable[str]
) -> Scored:
    """`truth` and `found` are those of the whole layout, so that the named chips keep their surroundings. A pixel of
    the grid is `metres` wide."""
    outlines = [building.outline for building in found]
    pairs = match(truth, outlines)
    place = shapely.union_all([shapely.box(*p.box) for p in layout.chips if p.chip.name in set(names)])
    ours, theirs = _on(place, truth), _on(place, outlines)
    hits = {j for _, j in pairs}
    compared = [(truth[i], outlines[j]) for i, j in pairs if ours[i]]
    return Scored(
        int(ours.sum()),
        [building.confidence for building, here in zip(found, theirs, strict=True) if here],
        [n in hits for n in np.flatnonzero(theirs)],
        compare_outlines(compared, metres),
    )


def _on(place: Geometry, geometries: Sequence[Geometry]) -> np.ndarray:
    return shapely.intersects(place, shapely.centroid(np.asarray(geometries, object)))


def clipped(layout: ChipLayout, labels: LabelRasterizer) -> list[Geometry]:
    """Returns the label polygons clipped to the chips, without small remainders, in pixels of the grid."""
    covered = shapely.union_all([shapely.box(*p.box) for p in layout.chips])
    cut = shapely.intersection(np.asarray(labels.inside(layout.extent), object), covered)
    return [g for g in cut if g.area * labels.metres_per_pixel**2 >= MIN_LABEL_METRES2]
