"""`plain_cut.py SOURCE OUTLINE COUNT`: intersection of COUNT features with all of the outline, no shortcut."""

import json
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import shapely
from pyogrio import raw

from extracts.vector.layer import Batch, Counts
from extracts.vector.select import clipped


def _sorted(shapes: np.ndarray) -> np.ndarray:
    """By their middles, in an order of positions that does not depend on how they were cut."""
    normal = shapely.normalize(shapes)
    return normal[np.lexsort(np.round(shapely.get_coordinates(shapely.centroid(normal)), 9).T)]


source, outline, count = sys.argv[1], Path(sys.argv[2]).read_text(), int(sys.argv[3])
area = shapely.from_geojson(outline)
shapes = shapely.from_wkb(raw.read(source, bbox=area.bounds)[2])
shapely.prepare(area)
meets = shapes[shapely.intersects(area, shapes)]
some = meets[np.random.default_rng(1).permutation(len(meets))[:count]]
shapely.destroy_prepared(area)
started = time.process_time()
parts = shapely.get_parts(shapely.intersection(some, area))
cpu = (time.process_time() - started) * len(meets) / len(some)
ours = next(
    clipped(iter([Batch(pa.array(shapely.to_wkb(some)), pa.table({"n": range(len(some))}))]), area, None, Counts())
)
found = shapely.from_wkb(ours.batch.wkb.to_numpy(zero_copy_only=False))
same = len(found) == len(parts) and shapely.equals_exact(*map(_sorted, (found, parts)), 1e-12).all()
print(json.dumps({"cpu": cpu, "rows": len(parts), "same": int(same)}))
