"""What DuckDB answers on the same samples, with one thread, and the processor time it needs."""

import json
import subprocess
from pathlib import Path
from typing import Any

from stack.bench.curves.made_samples import WINDOWS, bin_width
from stack.bench.rows import ROUNDS
from stack.home import Home
from stack.install import environment

PEER = """
import json, sys, time, duckdb
folder, windows, rounds = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3])
db = duckdb.connect(folder + "/peer.duckdb", config={"threads": 1})
db.execute("set enable_progress_bar = false")
db.execute(f"create table samples as select * from read_parquet('{folder}/samples.parquet')")
found = {}
for name, (begin, end, width) in windows.items():
    sql = (f"select ts // {width}, avg(number), min(number), max(number), count(*) from samples "
           f"where ts >= {begin} and ts < {end} group by 1 order by 1")
    used = []
    for _ in range(rounds):
        before = time.process_time()
        rows = db.execute(sql).fetchall()
        used.append(time.process_time() - before)
    found[name] = {"seconds": used, "rows": rows}
db.close()
json.dump(found, sys.stdout)
"""


def ask_duckdb(home: Home, folder: Path) -> dict[str, Any]:
    """Returns `seconds` (one for each round) and `rows` by the name of the window."""
    python = environment(home, "peers", "peers.txt") / "bin/python"
    windows = {name: (*span, bin_width(span)) for name, span in WINDOWS.items()}
    command = [python, "-c", PEER, folder, json.dumps(windows), str(ROUNDS)]
    return json.loads(subprocess.check_output(command))
