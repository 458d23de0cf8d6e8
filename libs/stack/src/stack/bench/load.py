"""Load on loopback: `wrk` for how much, a paced client for how quick."""

import asyncio
import json
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp

from stack.install import program

_RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
_HALF = re.compile(r"50%\s+([\d.]+)(us|ms|s)")
_ERRORS = re.compile(r"Non-2xx or 3xx responses: (\d+)")
_UNIT = {"us": 0.001, "ms": 1.0, "s": 1000.0}


def wrk(url: str, connections: int, seconds: int, token: str | None = None, body: Any = None) -> tuple[float, float]:
    """Requests per second and the median in ms. ValueError when an answer was not 2xx."""
    script = _script(token, body)
    command = [program("wrk", "wrk"), "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script), url]
    out = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30, check=True).stdout
    script.unlink()
    if errors := _ERRORS.search(out):
        raise ValueError(f"{errors[1]} answers of {url} were not 2xx")
    rate, half = _RATE.search(out), _HALF.search(out)
    if not rate or not half:
        raise ValueError(out)
    return float(rate[1]), float(half[1]) * _UNIT[half[2]]


def _script(token: str | None, body: Any) -> Path:
    lines = [f'wrk.headers["Authorization"] = "Bearer {token}"'] if token else []
    if body is not None:
        lines += ['wrk.method = "POST"', 'wrk.headers["Content-Type"] = "application/json"']
        lines.append(f"wrk.body = [==[{json.dumps(body)}]==]")
    path = Path(f"/tmp/fairway-wrk-{time.monotonic_ns()}.lua")  # noqa: S108
    path.write_text("\n".join(lines) + "\n")
    return path


async def paced(send: Callable[[], Any], rate: float, seconds: float) -> list[float]:
    """Milliseconds of each call, sorted; calls start on a fixed beat whether or not the last one has ended."""
    taken: list[float] = []

    async def one() -> None:
        started = time.perf_counter()
        await send()
        taken.append((time.perf_counter() - started) * 1000)

    start, tasks = time.perf_counter(), []
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0, start + number / rate - time.perf_counter()))
        tasks.append(asyncio.create_task(one()))
    await asyncio.gather(*tasks)
    return sorted(taken)


def at(values: list[float], share: float) -> float:
    return values[min(int(len(values) * share), len(values) - 1)]


def client(token: str, raise_for_status: bool = True) -> aiohttp.ClientSession:
    """aiohttp, because the client's own share of a millisecond counts in these figures."""
    return aiohttp.ClientSession(
        headers={"Authorization": f"Bearer {token}"}, timeout=aiohttp.ClientTimeout(10),
        raise_for_status=raise_for_status,
    )  # fmt: skip
