"""`cut_vector.py SOURCE OUTLINE TARGET DRIVER MODE`: our filter or cut, alone in a process."""

import json
import sys
import time
from pathlib import Path

from extracts.outline import read_outline
from extracts.vector import VectorFormat, cut_vector

source, outline, target, driver, mode = sys.argv[1:6]
area = read_outline(Path(outline).read_bytes())
started = time.process_time()
found = cut_vector(
    source, area, Path(target), VectorFormat(driver, mode, cut_column=None if mode == "filter" else "cut")
)
print(json.dumps({"cpu": time.process_time() - started, "rows": found.counts.parts, "cut": found.counts.cut}))
