"""Figures of the label store: lists, submissions, credentials, ids, COCO."""

import json
import subprocess
import sys
import time
from statistics import median
from typing import Any

import httpx
import psutil

from stack.bench.labels.coco import PEER, WRITER
from stack.bench.labels.filled import CLASSES, IMAGES, KEY, OBJECTS, SECRET, Filled, fill
from stack.bench.load import at
from stack.bench.rows import Row
from stack.bench.system import System

CALLS, SUBMISSIONS = 60, 7
PAIR = {"Authentication-Key": KEY, "Authentication-Secret": SECRET}
LISTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("label store: 10 campaigns of 5,000", "/campaigns", {"per_page": 10}),
    ("label store: images, page 1", "/images", {"per_page": 10}),
    ("label store: images, page 50,000", "/images", {"per_page": 10, "page": 50_000}),
)


def labels(system: System) -> list[Row]:
    with system.connect("catalog") as db:
        filled = fill(db)
    with httpx.Client(headers=PAIR, base_url=system.url, timeout=60, trust_env=False) as http:
        rows = [_list(http, *one) for one in LISTS]
        rows += [_credentials(http, system), _ids(http), *_submissions(http, system, filled)]
    return rows + _coco(system, filled)


def _list(http: httpx.Client, name: str, path: str, params: dict[str, Any]) -> Row:
    times = [_taken(http, path, params) for _ in range(CALLS + 5)][5:]
    method = f"{IMAGES:,} images, 200 campaigns, {CALLS} calls one after the other"
    return Row(f"{name}: p95", round(at(sorted(times), 0.95), 2), "ms", "<= 40", method)


def _taken(http: httpx.Client, path: str, params: dict[str, Any]) -> float:
    started = time.perf_counter()
    http.get(path, params=params).raise_for_status()
    return (time.perf_counter() - started) * 1000


def _credentials(http: httpx.Client, system: System) -> Row:
    """CPU of the gateway for a request with a key pair: bcrypt alone would take 200 ms."""
    before = cpu(system, "gateway")
    for _ in range(CALLS):
        http.get("/label_users/me").raise_for_status()
    spent = (cpu(system, "gateway") - before) / CALLS * 1000
    return Row("label store: a request with a key pair", round(spent, 2), "ms CPU", "<= 20", "of the gateway")


def _ids(http: httpx.Client) -> Row:
    started = time.perf_counter()
    found = http.get("/image_ids").raise_for_status().json()["ids"]
    assert len(found) == 50_000
    return Row("label store: 50,000 ids", round(time.perf_counter() - started, 3), "s", "<= 1", "one answer")


def _submissions(http: httpx.Client, system: System, filled: Filled) -> list[Row]:
    """1,000 images with 10 objects, behind the gateway: the catalog and its backends in PostgreSQL."""
    body = json.dumps([{"image_id": one, "objects": _objects(one)} for one in filled.image_ids[:1000]])
    walls, behind, front = [], [], []
    for _ in range(SUBMISSIONS):
        before, at_door, started = cpu(system, "catalog") + backends(system), cpu(system, "gateway"), time.monotonic()
        headers = {"content-type": "application/json"}
        answer = http.put(f"/campaigns/{filled.campaign_id}/objects", content=body, headers=headers)
        assert answer.status_code == 200, answer.text
        walls.append(time.monotonic() - started)
        behind.append((cpu(system, "catalog") + backends(system) - before) * 1000)
        front.append((cpu(system, "gateway") - at_door) * 1000)
    name, method = "label store: submission of 1,000 x 10", f"median of {SUBMISSIONS}, {len(body) / 1e6:.2f} MB"
    return [
        Row(name, round(median(walls), 3), "s", "<= 0.5", method),
        Row(f"{name}, behind the gateway", round(median(behind), 1), "ms CPU", "<= 120", "catalog and PostgreSQL"),
        Row(f"{name}, in the gateway", round(median(front), 1), "ms CPU", None, "reads, checks, stores the body"),
    ]


def _objects(image_id: int) -> list[dict[str, Any]]:
    return [
        {"label": CLASSES[(image_id + n) % 80], "confidence": 0.5,
         "bounding_box": {"xmin": n * 10, "xmax": n * 10 + 40, "ymin": n, "ymax": n + 30}}
        for n in range(10)
    ]  # fmt: skip


def cpu(system: System, room: str) -> float:
    """CPU seconds of a service so far, with its children."""
    process = psutil.Process(system.daemons[room].pid)
    return sum(_seconds(one) for one in [process, *process.children(recursive=True)])


def backends(system: System) -> float:
    """CPU seconds of PostgreSQL's backends for the catalog so far."""
    found = 0.0
    with system.connect("catalog") as db:
        pids = db.execute(
            "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        )
        for (pid,) in pids.fetchall():
            found += _seconds(psutil.Process(pid))
    return found


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def _coco(system: System, filled: Filled) -> list[Row]:
    """Both in a process of their own: ours from the database, the peer's from the file that ours wrote."""
    with_url = [system.env["DATABASE_URL_CATALOG"], str(filled.dataset_id), str(system.home.path / "coco.json")]
    ours, theirs = _child(WRITER, *with_url), _child(PEER, with_url[2])
    times = theirs["cpu"] / ours["cpu"]
    name = f"label store: COCO of {OBJECTS:,} objects"
    method = f"{ours['cpu']:.2f} s CPU, json.load and dump {theirs['cpu']:.2f} s in {theirs['peak']:.0f} MB"
    return [
        Row(f"{name}, to json.load and dump", round(times, 1), "times less CPU", ">= 5", method),
        Row(f"{name}: peak", round(ours["peak"], 1), "MB", "<= 80", f"{ours['base']:.1f} MB before the first row"),
    ]


def _child(script: str, *arguments: str) -> dict[str, float]:
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
