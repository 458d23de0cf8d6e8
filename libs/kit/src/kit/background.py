"""The loops that every process of a service runs beside its own."""

from collections.abc import Awaitable, Sequence
from typing import Any, Protocol

from nats.aio.client import Client

from kit.db.database import Database
from kit.jobs.queue_upkeep import upkeep
from kit.messaging.broker_clock import BROKER_CLOCK
from kit.messaging.bus import Bus
from kit.messaging.outbox.relay import Relay
from kit.messaging.topology.apply import Durable
from kit.messaging.topology.monitor import ConsumerMonitor
from kit.telemetry.activity import record_events
from kit.telemetry.event_loop_lag import measure_lag


class Process(Protocol):
    """A connected process of a service."""

    name: str
    nc: Client
    db: Database
    bus: Bus
    relay: Relay

    @property
    def routes_by_group(self) -> dict[str, Any]:
        """Consumer group → CloudEvents type → route."""
        ...


def while_serving(service: Process, durables: Sequence[Durable]) -> list[Awaitable[None]]:
    """Returns the loops of a process that serves."""
    queues = upkeep(service.name, service.routes_by_group, service.db, service.nc, service.relay)
    rates = record_events(service.name, service.bus.samples, lambda: service.relay.leading)
    own = (service.relay.run(), BROKER_CLOCK.keep_measuring(service.nc), rates)
    return [*own, *while_working(service, durables), *queues]


def while_working(service: Process, durables: Sequence[Durable]) -> list[Awaitable[None]]:
    """Returns the loops of a worker."""
    samples = service.bus.samples
    monitor = ConsumerMonitor(service.nc.jetstream(timeout=5), list(durables), samples)
    return [monitor.run(), samples.run(), measure_lag()]
