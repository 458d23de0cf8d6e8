"""`fiona_filter.py SOURCE OUTLINE COUNT`: the reference's way, feature by feature without preparing the outline.

Only the first COUNT features; the time of all is in proportion.
"""

import json
import sys
import time
from itertools import islice
from pathlib import Path

import fiona
from shapely.geometry import shape

source, outline, count = sys.argv[1], json.loads(Path(sys.argv[2]).read_text()), int(sys.argv[3])
area = shape(outline)
with fiona.open(source) as layer:
    started = time.process_time()
    kept = [feature for feature in islice(layer, count) if shape(feature["geometry"]).intersects(area)]
    print(json.dumps({"cpu": time.process_time() - started, "rows": len(kept)}))
