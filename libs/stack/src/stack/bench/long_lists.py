"""Latency of lists of 100,000 datasets and 1,000,000 AOIs. Run alone: `python -m stack.bench.long_lists`."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import httpx
import psycopg
from rich.console import Console

from stack.bench.load import at
from stack.bench.rows import Row, table
from stack.bench.system import System, system
from stack.home import Home

DATASETS = 100_000
AOIS = 10
"""Of each dataset."""
USERS = 1_000
CALLS = 60
MAPPER = {"X-Dev-User": "7:mapper"}
NEIGHBOUR = {"X-Dev-User": "8:neighbour"}
"""A filter may only name somebody who has been here."""
FAR = {"offset": 999 * 50}
LISTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("datasets, page 1", "/datasets/", {}),
    ("datasets, page 1,000", "/datasets/", FAR),
    ("datasets, status=built", "/datasets/", {"status": "built"}),
    ("datasets, search", "/datasets/", {"search": "roofs 4217"}),
    ("AOIs, page 1", "/aois/", {}),
    ("AOIs, page 1,000", "/aois/", FAR),
    ("AOIs, user", "/aois/", {"user": 8}),
    ("AOIs, in_bbox", "/aois/", {"in_bbox": "10,10,15,11"}),
)
NEW = datetime(2026, 1, 1, tzinfo=UTC)


def long(running: System) -> list[Row]:
    with running.connect("catalog") as db:
        _insert_rows(db)
    headers = {"Authorization": f"Bearer {running.token}", **MAPPER}
    with httpx.Client(headers=headers, base_url=running.url, timeout=20) as http:
        http.get("/auth/status/", headers=NEIGHBOUR).raise_for_status()
        taken = {name: _taken(http, path, params) for name, path, params in LISTS}
    method = f"{DATASETS:,} datasets, {DATASETS * AOIS:,} AOIs, page of 50, {CALLS} calls one after the other"
    rows = [Row(f"{name}: p95", round(at(times, 0.95), 2), "ms", "<= 40", method) for name, times in taken.items()]
    return rows + [_ratio(kind, taken) for kind in ("datasets", "AOIs")]


def _ratio(kind: str, taken: dict[str, list[float]]) -> Row:
    near, far = (at(taken[f"{kind}, page {page}"], 0.5) for page in ("1", "1,000"))
    return Row(f"{kind}: page 1,000 to page 1", round(far / near, 2), "times", "<= 3", f"{far:.1f} to {near:.1f} ms")


def _taken(http: httpx.Client, path: str, params: dict[str, Any]) -> list[float]:
    """Milliseconds of each call, sorted. ValueError for an empty page."""
    times = []
    for number in range(CALLS + 5):
        started = time.perf_counter()
        body = http.get(path, params=params).raise_for_status().json()
        if number >= 5:
            times.append((time.perf_counter() - started) * 1000)
        if not body["count"]:
            raise ValueError(f"{path} {params} found nothing")
    return sorted(times)


def _insert_rows(db: psycopg.Connection) -> None:
    """Inserts rows by COPY, without the triggers of AOIs, whose results are inserted as well."""
    (highest,) = db.execute("select coalesce(max(id), 0) from datasets").fetchone() or (0,)
    db.execute("alter table aois disable trigger user")
    with db.cursor() as cursor, cursor.copy(_DATASETS) as copy:
        for row in _datasets(highest):
            copy.write_row(row)
    with db.cursor() as cursor, cursor.copy(_AOIS) as copy:
        for row in _aois(highest):
            copy.write_row(row)
    db.execute("alter table aois enable trigger user")
    db.execute("select setval(pg_get_serial_sequence('datasets', 'id'), (select max(id) from datasets))")
    db.execute("vacuum analyze datasets, aois")


_DATASETS = """copy datasets (id, stac_id, title, source_imagery, category, status, visibility, user_id, request,
  created_at, last_modified, aoi_count) from stdin"""
_AOIS = "copy aois (geom, area, dataset_id, user_id, is_public, created_at, last_modified) from stdin"
_TEMPLATE = "https://tiles.example.org/{z}/{x}/{y}"


def _visibility(number: int) -> str:
    return "private" if number % 2 else "public"


def _datasets(highest: int) -> Iterator[tuple]:
    for number in range(DATASETS):
        status = ("draft", "built", "built", "failed")[number // 2 % 4]
        moment = NEW + timedelta(minutes=number)
        yield (highest + 1 + number, f"long-{number:06}", f"Roofs of village {number}", _TEMPLATE, "buildings", status,
               _visibility(number), number % USERS, "{}", moment, moment, AOIS)  # fmt: skip


def _aois(highest: int) -> Iterator[tuple]:
    for number in range(DATASETS * AOIS):
        dataset = number // AOIS
        west, south = number % 1_000 * 0.3 - 150, number // 1_000 * 0.12 - 60
        yield (_square(west, south), 12_000.0, highest + 1 + dataset, dataset % USERS,
               _visibility(dataset) == "public", NEW, NEW)  # fmt: skip


def _square(west: float, south: float, side: float = 0.001) -> str:
    east, north = west + side, south + side
    return f"SRID=4326;POLYGON(({west} {south},{east} {south},{east} {north},{west} {north},{west} {south}))"


if __name__ == "__main__":
    with system(Home(Path(mkdtemp(prefix="fairway-bench-")))) as running:
        Console().print(table(long(running)))
