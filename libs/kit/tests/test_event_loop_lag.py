"""Stalls of the event loop. No service runs in this process, which would measure them too."""

import asyncio
import time

import pytest

from kit.telemetry import event_loop_lag, metrics
from kit.testing import eventually


async def test_stall_of_the_loop_is_seen_and_forgotten(monkeypatch: pytest.MonkeyPatch):
    for name, value in {"TICK": 0.02, "WINDOWS": 5, "PER_WINDOW": 5}.items():
        monkeypatch.setattr(event_loop_lag, name, value)
    measuring = asyncio.create_task(event_loop_lag.measure_lag())
    await asyncio.sleep(0.05)
    time.sleep(0.4)
    await eventually(lambda: _lag() > 0.3)
    await asyncio.sleep(0.2)
    assert _lag() > 0.3, "nobody had the time to look"
    await eventually(lambda: _lag() < 0.3)
    measuring.cancel()


def _lag() -> float:
    return metrics.LOOP_LAG._value.get()
