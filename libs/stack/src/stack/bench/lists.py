"""A page of 50 with and without its STAC facets."""

import time
from typing import Any

import httpx
from psycopg.types.json import Jsonb

from stack.bench.load import at
from stack.bench.rows import ROUNDS, Row, middle
from stack.bench.system import System

ROWS = 50
CALLS = 20


def expanded(system: System) -> list[Row]:
    _insert_rows(system)
    headers = {"Authorization": f"Bearer {system.token}"}
    with httpx.Client(headers=headers, base_url=system.url, timeout=20) as http:
        bare = middle([_median(http, {}) for _ in range(ROUNDS)])
        with_stac = middle([_median(http, {"expand": "stac"}) for _ in range(ROUNDS)])
    method = f"page of {ROWS}; without {bare:.1f} ms, with {with_stac:.1f} ms; one search when nothing is cached"
    return [Row("list with ?expand=stac to list without", with_stac / bare, "times", "<= 2", method)]


def _median(http: httpx.Client, params: dict[str, str]) -> float:
    taken, body = [], {}
    for _ in range(CALLS):
        started = time.perf_counter()
        body = http.get("/datasets/", params={"limit": ROWS, **params}).raise_for_status().json()
        taken.append((time.perf_counter() - started) * 1000)
    _complete(body, bool(params))
    return at(sorted(taken), 0.5)


def _complete(body: dict[str, Any], with_stac: bool) -> None:
    if len(body["results"]) != ROWS or any((row["stac"] is not None) != with_stac for row in body["results"]):
        raise ValueError("the list is not what was asked for")


def _insert_rows(system: System) -> None:
    names = [f"bench-{number}" for number in range(ROWS)]
    with httpx.Client(base_url=system.env["FAIR_STAC_API_URL"], timeout=30) as stac:
        stac.headers["Authorization"] = f"Bearer {system.env['FAIR_STAC_API_KEY']}"
        for name in names:
            stac.post("/collections/datasets/items", json=_item(name)).raise_for_status()
    with system.connect("catalog") as db:
        for name in names:
            db.execute(_ROW, {"name": name, "request": Jsonb({})})


_ROW = """insert into datasets (stac_id, title, source_imagery, category, status, visibility, user_id, request,
  created_at, last_modified)
values (%(name)s, %(name)s, 'https://tiles.example.org/{z}/{x}/{y}', 'buildings', 'built', 'public', 1, %(request)s,
  now(), now())"""


def _item(name: str) -> dict[str, Any]:
    return {
        "type": "Feature", "stac_version": "1.1.0", "id": name, "collection": "datasets", "links": [], "assets": {},
        "geometry": {"type": "Point", "coordinates": [85.5, 27.6]}, "bbox": [85.5, 27.6, 85.5, 27.6],
        "properties": {"datetime": "2026-01-01T00:00:00Z", "title": name, "description": name},
    }  # fmt: skip
