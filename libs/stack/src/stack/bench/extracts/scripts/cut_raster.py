"""`cut_raster.py SOURCE OUTLINE TARGET DRIVER`: our cut, alone in a process."""

import json
import sys
import time
from pathlib import Path

from extracts.outline import read_outline
from extracts.raster import RasterFormat, cut_raster

source, outline, target, driver = sys.argv[1:5]
area = read_outline(Path(outline).read_bytes())
started = time.process_time()
found = cut_raster(source, area, Path(target), RasterFormat(driver))
print(json.dumps({"cpu": time.process_time() - started, "pixels": found.pixels}))
