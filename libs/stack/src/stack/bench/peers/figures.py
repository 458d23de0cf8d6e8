"""Fairway beside what people would use instead, on the same PostgreSQL, in turn."""

import os
from dataclasses import dataclass
from statistics import median
from urllib.parse import urlsplit

import httpx

from stack.bench.load import wrk
from stack.bench.peers.load import KINDS, LOWEST, SQUARE, USERS, lines
from stack.bench.peers.servers import peers
from stack.bench.rows import Row
from stack.bench.system import System

CONNECTIONS = (1, 4, 32)
ROUNDS, SECONDS, FILLED = 4, 2, 1000
BARS = {
    ("POST an area", "FastAPI + Celery"): ">= 1.5", ("POST an area", "DRF + Celery"): ">= 4.5",
    ("GET one area", "FastAPI + Celery"): ">= 1.1", ("GET one area", "DRF + Celery"): ">= 3.6",
    ("list of 50 areas", "DRF + Celery"): ">= 2",
}  # fmt: skip
"""At 32 connections."""


NAMES = {"X-Dev-User": "{0}:person{0}", "X-User": "{0}"}


@dataclass(frozen=True)
class Target:
    """`user` is what the header says of a user, in Lua; `first` is the lowest of `FILLED` ids."""

    url: str
    header: str
    user: str
    token: str | None = None
    first: int = 0

    @classmethod
    def filled(cls, url: str, header: str, user: str, token: str | None = None) -> "Target":
        extra = {"Authorization": f"Bearer {token}"} if token else {}
        body = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": SQUARE}}
        people = [{header: NAMES[header].format(LOWEST + number % USERS)} for number in range(FILLED)]
        with httpx.Client(headers=extra, timeout=20) as http:
            made = [http.post(url, json=body, headers=who).raise_for_status().json() for who in people]
        ids = [row["id"] if "id" in row else row["properties"]["id"] for row in made]
        return cls(url, header, user, token, min(ids))

    def rate(self, kind: str, connections: int, seed: int) -> float:
        path = urlsplit(self.url).path
        script = lines(kind, path, self.header, self.user, seed * 1_000_003, self.first, FILLED)
        return wrk(self.url, connections, SECONDS, self.token, lines=script)[0]


def beside(running: System) -> list[Row]:
    with peers(running) as urls:
        ours = Target.filled(f"{running.url}/aois/", "X-Dev-User", 'id .. ":person" .. id', running.token)
        others = {name: Target.filled(f"{url}/areas/", "X-User", "tostring(id)") for name, url in urls.items()}
        return [row for kind in KINDS for number in CONNECTIONS for row in _compared(kind, number, ours, others)]


def _compared(kind: str, connections: int, ours: Target, others: dict[str, Target]) -> list[Row]:
    """Medians of rates that were measured in turn, so that a busy spell of the machine meets all."""
    targets = {"Fairway": ours, **others}
    rates: dict[str, list[float]] = {name: [] for name in targets}
    for target in targets.values():
        target.rate(kind, connections, ROUNDS)
    for turn in range(ROUNDS):
        for name, target in targets.items():
            rates[name].append(target.rate(kind, connections, turn))
    middle = {name: median(found) for name, found in rates.items()}
    return [_row(kind, connections, name, middle) for name in others]


def _row(kind: str, connections: int, other: str, rates: dict[str, float]) -> Row:
    method = f"{rates['Fairway']:,.0f} to {rates[other]:,.0f} req/s; load of the machine {os.getloadavg()[0]:.0f}"
    bar = BARS.get((kind, other)) if connections == max(CONNECTIONS) else None
    name = f"{kind}, {connections} connection{'s' if connections > 1 else ''}, to {other}"
    return Row(name, rates["Fairway"] / rates[other], "times", bar, method)
