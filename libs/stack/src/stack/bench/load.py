"""Load on loopback: `wrk` for how much, a paced client for how quick."""

import asyncio
import json
import re
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from stack.install import program

_RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
_HALF = re.compile(r"50%\s+([\d.]+)(us|ms|s)")
_NUMBER = re.compile(r"(\d+) requests in")
_ERRORS = re.compile(r"Non-2xx or 3xx responses: (\d+)")
SPELL = 2
"""Seconds of one run of `wrk`, which knows no number of requests."""
_UNIT = {"us": 0.001, "ms": 1.0, "s": 1000.0}


def wrk(
    url: str, connections: int, seconds: int, token: str | None = None, body: Any = None, lines: Sequence[str] = ()
) -> tuple[float, float]:
    """Requests per second and the median in ms; `lines` are more of the script. ValueError when an answer was not
    2xx."""
    out = _wrk(url, connections, seconds, [*_script(token, body), *lines])
    if errors := _bad(out):
        raise ValueError(f"{errors} answers of {url} were not 2xx")
    rate, half = _RATE.search(out), _HALF.search(out)
    if not rate or not half:
        raise ValueError(out)
    return float(rate[1]), float(half[1]) * _UNIT[half[2]]


def _wrk(url: str, connections: int, seconds: int, lines: Sequence[str]) -> str:
    """What `wrk` says at its end."""
    script = Path(f"/tmp/fairway-wrk-{time.monotonic_ns()}.lua")  # noqa: S108
    script.write_text("\n".join(lines) + "\n")
    command = [program("wrk", "wrk"), "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script), url]
    out = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30, check=True).stdout
    script.unlink()
    return out


def _bad(out: str) -> int:
    found = _ERRORS.search(out)
    return int(found[1]) if found else 0


def _script(token: str | None, body: Any) -> list[str]:
    lines = [f'wrk.headers["Authorization"] = "Bearer {token}"'] if token else []
    if body is not None:
        lines += ['wrk.method = "POST"', 'wrk.headers["Content-Type"] = "application/json"']
        lines.append(f"wrk.body = [==[{json.dumps(body)}]==]")
    return lines


@dataclass(frozen=True)
class Sent:
    method: str
    path: str
    body: Any = None


def in_turn(url: str, requests: Sequence[Sent], number: int, token: str, keys: bool = False) -> None:
    """At least so many good answers, of each kind in turn, on 32 connections. `keys` gives each request an
    Idempotency-Key. ValueError when more than one answer in a hundred of one spell is not 2xx."""
    lines = [*_script(token, None), *_turns(requests, urlsplit(url).path, keys)]
    done = 0
    while done < number:
        out = _wrk(url, 32, SPELL, [*lines, f'run = "{time.monotonic_ns()}"'])
        answers, bad = int(_NUMBER.search(out)[1]), _bad(out)  # type: ignore[index]
        if bad > answers / 100:
            raise ValueError(f"{bad} of {answers} answers were not 2xx")
        done += answers - bad


def _turns(requests: Sequence[Sent], root: str, keys: bool) -> list[str]:
    rows = ", ".join(f'{{"{one.method}", "{root}{one.path}", {_lua(one.body)}}}' for one in requests)
    key = 'wrk.headers["Idempotency-Key"] = run .. "-" .. number' if keys else ""
    return [
        'wrk.headers["Content-Type"] = "application/json"', f"local kinds, number = {{{rows}}}, 0",
        "function request()", f"number = number + 1 {key}", "local kind = kinds[number % #kinds + 1]",
        "return wrk.format(kind[1], kind[2], nil, kind[3])", "end",
    ]  # fmt: skip


def _lua(body: Any) -> str:
    return "nil" if body is None else f"[==[{json.dumps(body)}]==]"


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
