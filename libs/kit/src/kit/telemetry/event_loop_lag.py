"""Measures how late the event loop wakes up, because of CPU-bound code or CPU starvation."""

import asyncio
import time
from collections import deque

from kit.telemetry import metrics

TICK = 0.25
WINDOWS, PER_WINDOW = 12, 20
"""A minute of five seconds each: longer than Prometheus waits between two looks, so that none misses a stall."""


async def measure_lag() -> None:
    """For ever."""
    worst = deque([0.0], WINDOWS)
    while True:
        for _ in range(PER_WINDOW):
            worst[-1] = max(worst[-1], await _lateness())
            metrics.LOOP_LAG.set(max(worst))
        worst.append(0.0)


async def _lateness() -> float:
    before = time.perf_counter()
    await asyncio.sleep(TICK)
    return max(0.0, time.perf_counter() - before - TICK)
