"""Of boxes that show the same thing, the surest stays."""

from collections.abc import Sequence

import numpy as np
import shapely
from shapely import STRtree

from geoml.features import Building


def suppress(found: Sequence[Building], most: float) -> list[Building]:
    """Returns the boxes from the surest on, without those that overlap a surer one by an IoU above `most`."""
    ordered = sorted(found, key=lambda box: -box.confidence)
    outlines = np.asarray([box.outline for box in ordered], object)
    surer, other = STRtree(outlines).query(outlines)
    pairs = surer < other
    surer, other = surer[pairs], other[pairs]
    shared = shapely.area(shapely.intersection(outlines[surer], outlines[other]))
    alike = shared > most * (shapely.area(outlines[surer]) + shapely.area(outlines[other]) - shared)
    gone = np.zeros(len(ordered), bool)
    for n in np.lexsort((other[alike], surer[alike])):
        if not gone[surer[alike][n]]:
            gone[other[alike][n]] = True
    return [box for box, is_gone in zip(ordered, gone, strict=True) if not is_gone]
