"""`duckdb_filter.py SOURCE.parquet OUTLINE TARGET WEST SOUTH EAST NORTH`: boxes first, then the outline."""

import json
import sys
import time
from pathlib import Path

import duckdb
import duckdb_extension_spatial

source, outline, target, *box = sys.argv[1:]
west, south, east, north = map(float, box)
db = duckdb.connect()
found = next(Path(duckdb_extension_spatial.__file__).parent.rglob("spatial.duckdb_extension"))
db.execute(f"LOAD '{found}'; SET threads = 1; SET memory_limit = '200MB'")
started = time.process_time()
db.execute("SET VARIABLE outline = ST_GeomFromGeoJSON(?)", [Path(outline).read_text()])
near = "bbox.xmax >= $1 AND bbox.xmin <= $3 AND bbox.ymax >= $2 AND bbox.ymin <= $4"
query = f"SELECT * FROM read_parquet('{source}') WHERE {near} AND ST_Intersects(geometry, getvariable('outline'))"
db.execute(f"COPY ({query}) TO '{target}' (FORMAT PARQUET, COMPRESSION ZSTD)", [west, south, east, north])
cpu = time.process_time() - started
rows = db.execute(f"SELECT count(*) FROM read_parquet('{target}')").fetchone()[0]
print(json.dumps({"cpu": cpu, "rows": rows}))
