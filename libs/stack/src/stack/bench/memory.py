"""Memory after 200,000 reads and 50,000 writes of every kind, to that after a tenth of them. Alone:
`python -m stack.bench.memory`."""

import re
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

import httpx
from rich.console import Console

from stack.bench.http_api import AOI
from stack.bench.load import Sent, in_turn
from stack.bench.rows import Row, table
from stack.bench.system import System, system
from stack.home import Home

READS, WRITES = 200_000, 50_000
WARM = 0.1
"""Share of the load after which everything that is kept once is there: pools, caches, prepared statements."""
TURNS = 10
"""Reads and writes take turns, so that each finds what the other has left."""
SETTLE = 5.0
FLAT = 1.05
ROOMS = ("gateway", "catalog", "training", "prediction", "notify")


@dataclass(frozen=True)
class Requests:
    """One of each kind, so that each service has its share."""

    reads: list[Sent]
    writes: list[Sent]


def flat(running: System, reads: int = READS, writes: int = WRITES) -> list[Row]:
    requests = _requests(running)
    _load(running, requests, int(reads * WARM), int(writes * WARM))
    before = _used(running)
    for _ in range(TURNS):
        _load(running, requests, reads // TURNS, writes // TURNS)
    after = _used(running)
    method = f"{reads:,} reads and {writes:,} writes after a tenth of them"
    return [
        Row(f"memory of the {room} service, to before", after[room] / before[room], "times", f"<= {FLAT}",
            f"{before[room]:.1f} to {after[room]:.1f} MB, of its own; {method}")
        for room in ROOMS
    ]  # fmt: skip


def _load(running: System, requests: Requests, reads: int, writes: int) -> None:
    in_turn(running.url, requests.reads, reads, running.token)
    in_turn(running.url, requests.writes, writes, running.token, keys=True)


def _used(running: System) -> dict[str, float]:
    time.sleep(SETTLE)
    return {room: _anonymous(pid) for room in ROOMS if (pid := running.daemons[room].pid)}


def _anonymous(pid: int) -> float:
    """Megabytes that the process has written itself; what it shares with others changes with them."""
    return int(re.findall(r"RssAnon:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[0]) / 1024


def _requests(running: System) -> Requests:
    """A row of each service, which is then read and written again and again; areas are new ones."""
    headers = {"Authorization": f"Bearer {running.token}"}
    with httpx.Client(base_url=running.url, headers=headers, timeout=20) as http:
        made = {path: http.post(path, json=body).raise_for_status().json() for path, body in _ROWS.items()}
    area, feedback = made["/aois/"]["properties"]["id"], made["/feedback/"]["properties"]["id"]
    state, model = made["/user-state/"]["pid"], _model(running)
    reads = [
        f"/aois/{area}/", "/aois/?limit=10", "/datasets/?limit=10", f"/feedback/{feedback}/", f"/user-state/{state}/",
        "/trainings/?limit=10", "/predictions/?limit=10", "/banners/", "/auth/me/",
    ]  # fmt: skip
    return Requests([Sent("GET", path) for path in reads], [
        Sent("POST", "/aois/", AOI),
        Sent("PATCH", f"/feedback/{feedback}/", {"properties": {"comments": "again"}}),
        Sent("PUT", f"/user-state/{state}/", {"state": {"page": 2}}),
        Sent("PATCH", f"/local-models/{model}/card/", {"title": "Bench"}),
        Sent("PATCH", "/auth/me/", {"newsletter_subscription": True}),
    ])  # fmt: skip


def _model(running: System) -> int:
    """A draft, of a base model that need not be there."""
    with running.connect("training") as db:
        row = db.execute(
            "insert into model_names (name, user_id, base_model_stac_id) values (gen_random_uuid(), 1, 'bench') "
            "returning id"
        ).fetchone()
    return row[0]  # type: ignore[index]


_ROWS = {
    "/aois/": AOI,
    "/feedback/": {**AOI, "properties": {"stac_id": "bench", "action": "accept"}},
    "/user-state/": {"state": {"page": 1}},
}

if __name__ == "__main__":
    with system(Home(Path(mkdtemp(prefix="fairway-bench-")))) as running:
        Console().print(table(flat(running)))
