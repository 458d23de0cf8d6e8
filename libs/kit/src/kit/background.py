"""The loops that every process of a service runs beside its own."""

from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING

from kit.jobs.queue_upkeep import upkeep
from kit.messaging.broker_clock import BROKER_CLOCK
from kit.messaging.topology.apply import Durable
from kit.messaging.topology.monitor import ConsumerMonitor
from kit.telemetry.activity import record_events
from kit.telemetry.event_loop_lag import measure_lag

if TYPE_CHECKING:
    from kit.app import Service


def while_serving(service: "Service", durables: Sequence[Durable]) -> list[Awaitable[None]]:
    """Returns the loops of a process that serves."""
    queues = upkeep(service.name, service.routes_by_group, service.db, service.nc, service.relay)
    own = (service.relay.run(), BROKER_CLOCK.keep_measuring(service.nc), record_events(service))
    return [*own, *while_working(service, durables), *queues]


def while_working(service: "Service", durables: Sequence[Durable]) -> list[Awaitable[None]]:
    """Returns the loops of a worker."""
    samples = service.bus.samples
    monitor = ConsumerMonitor(service.nc.jetstream(timeout=5), list(durables), samples)
    return [monitor.run(), samples.run(), measure_lag()]
