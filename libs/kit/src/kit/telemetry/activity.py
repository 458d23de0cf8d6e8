"""What a service records about its own messages: events per second, backlogs of its durables, waits of its jobs."""

import asyncio
import socket
import time
from collections.abc import Callable
from datetime import datetime

from nats.aio.msg import Msg

from kit.messaging.broker_clock import BROKER_CLOCK
from kit.telemetry import metrics
from kit.telemetry.samples import SampleBuffer

PERIOD = 10.0
REPEAT = 60.0
"""Seconds after which a value that did not change is recorded again."""
SERVICES, QUEUES = "services", "queues"
"""Backends."""
RESTARTED = "started"


class Changes:
    """Records the values of states: each change, and the same value once a minute."""

    def __init__(self, samples: SampleBuffer) -> None:
        self.samples = samples
        self._last: dict[str, tuple[float | str, float]] = {}

    def note(
        self, backend: str, name: str, value: float | str, unit: str = "", description: str = "",
        owner: int | None = None,
    ) -> None:  # fmt: skip
        """As `SampleBuffer.add`."""
        before, since = self._last.get(name, (None, 0.0))
        now = time.monotonic()
        if value != before or now - since >= REPEAT:
            self._last[name] = value, now
            self.samples.add(backend, name, value, None, unit, description, owner)


async def record_events(service: str, samples: SampleBuffer, leads: Callable[[], bool]) -> None:
    """A loop of a service: its start, and the events that its relay publishes per second while `leads` is true."""
    started = f"on {socket.gethostname()}"
    samples.add(SERVICES, f"{service}/{RESTARTED}", started, description="Start of a process")
    changes, before, since = Changes(samples), metrics.PUBLISHED._value.get(), time.monotonic()
    while True:
        await asyncio.sleep(PERIOD)
        published, now = metrics.PUBLISHED._value.get(), time.monotonic()
        if leads():
            rate = round((published - before) / (now - since), 3)
            changes.note(SERVICES, f"{service}/events_per_second", rate, "1/s", "Events that the service published")
        before, since = published, now


def record_wait(samples: SampleBuffer, durable: str, msg: Msg) -> None:
    """Records how long a message waited in its stream before it was taken for the first time."""
    place = msg.metadata
    if place.num_delivered == 1:
        waited = max(0.0, _seconds_since(place.timestamp))
        samples.add(QUEUES, f"{place.stream}/{durable}/wait", waited, unit="s", description="Time a job waited")


def _seconds_since(moment: datetime) -> float:
    return round((BROKER_CLOCK.now() - moment).total_seconds(), 3)
