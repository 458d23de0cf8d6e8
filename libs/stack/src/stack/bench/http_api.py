"""Latency and throughput of the HTTP API: writes and reads."""

import asyncio
import sys

import httpx

from stack.bench.load import at, client, paced, wrk
from stack.bench.rows import ROUNDS, Row, middle
from stack.bench.system import System
from stack.processes import Daemon
from stack.ready import http_ok

SQUARE = [[[85.51, 27.62], [85.52, 27.62], [85.52, 27.63], [85.51, 27.63], [85.51, 27.62]]]
AOI = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": SQUARE}, "properties": {}}
SECONDS = 4


def baseline(system: System) -> tuple[list[Row], float]:
    """Measures a bare FastAPI POST, to which the other rates are compared."""
    port = system.home.port("bench-floor")
    argv = [sys.executable, "-m", "uvicorn", "stack.bench.baseline:app", "--port", str(port), "--no-access-log"]
    url = f"http://127.0.0.1:{port}"
    daemon = Daemon("bench-floor", argv, ready=http_ok(f"{url}/docs"), home=system.home).start()
    rates = [wrk(f"{url}/", 32, SECONDS, body={"name": "x", "value": 1.0})[0] for _ in range(ROUNDS)]
    daemon.stop()
    value = middle(rates)
    return [Row("floor: bare FastAPI POST", value, "req/s", None, "wrk, 32 connections, one worker", 1.0)], value


def writes(system: System, base: float) -> list[Row]:
    """POST AOI: gateway, stream, owner, inbox + row + outbox in one commit, verdict."""
    url = f"{system.url}/aois/"
    wrk(url, 32, 2, system.token, AOI)
    quick = [asyncio.run(_paced(url, system.token)) for _ in range(ROUNDS)]
    rates = [wrk(url, 32, SECONDS, system.token, AOI)[0] for _ in range(ROUNDS)]
    rate = middle(rates)
    return [
        Row("POST AOI, p50", middle([at(v, 0.5) for v in quick]), "ms", "<= 6", "50 req/s for 4 s, paced"),
        Row("POST AOI, p99", middle([at(v, 0.99) for v in quick]), "ms", "<= 20", "50 req/s for 4 s, paced"),
        Row("POST AOI, sustained", rate, "req/s", ">= 800", "wrk, 32 connections", rate / base),
    ]


async def _paced(url: str, token: str) -> list[float]:
    async with client(token) as http:

        async def send() -> None:
            async with http.post(url, json=AOI) as answer:
                await answer.read()

        await asyncio.gather(*(send() for _ in range(4)))
        return await paced(send, 50, SECONDS)


def reads(system: System, base: float) -> list[Row]:
    headers = {"Authorization": f"Bearer {system.token}"}
    aoi = httpx.post(f"{system.url}/aois/", json=AOI, headers=headers).raise_for_status().json()
    url = f"{system.url}/aois/{aoi['properties']['id']}/"
    wrk(url, 32, 2, system.token)
    rate = middle([wrk(url, 32, SECONDS, system.token)[0] for _ in range(ROUNDS)])
    half = middle([wrk(url, 4, SECONDS, system.token)[1] for _ in range(ROUNDS)])
    return [
        Row("GET one AOI, sustained", rate, "req/s", ">= 1500", "wrk, 32 connections", rate / base),
        Row("GET one AOI, p50", half, "ms", "<= 3", "wrk, 4 connections"),
    ]
