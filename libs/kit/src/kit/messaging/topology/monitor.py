"""Watches the durables of a running process. Restores one that was deleted at its last position. Ends the process when
one delivers nothing (FastStream would spin on the error and look healthy)."""

import asyncio
import logging
import time
from contextlib import suppress

from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig
from nats.js.errors import Error as JetStreamError
from nats.js.errors import NotFoundError

from kit.messaging.topology.apply import Durable, restore
from kit.messaging.topology.diff import differs
from kit.telemetry import metrics
from kit.telemetry.activity import QUEUES, Changes
from kit.telemetry.samples import SampleBuffer

log = logging.getLogger("kit.watchdog")
PERIOD = 5.0
STUCK_AFTER = 60.0
TRANSIENT_ERRORS = (NatsError, JetStreamError, TimeoutError, OSError)


class ConsumerStuck(Exception):
    """A durable delivers nothing; the process should end and be started again."""


class ConsumerMonitor:
    """Watches the durables of this process and sets their gauges."""

    def __init__(self, js: JetStreamContext, durables: list[Durable], samples: SampleBuffer) -> None:
        self.js, self.durables, self._backlogs = js, durables, Changes(samples)
        self._drifted: dict[str, str] = {}
        self._moved: dict[str, tuple[int, float]] = {}
        self._settled: dict[str, int] = {}
        """Durable → sequence of the stream up to which everything is acknowledged."""

    async def run(self) -> None:
        """Looks at each durable every `PERIOD` seconds; never returns. Raises ConsumerStuck."""
        while True:
            await asyncio.sleep(PERIOD)
            for consumer in self.durables:
                await self._look(consumer)

    async def _look(self, consumer: Durable) -> None:
        try:
            info = await self.js.consumer_info(consumer.group.stream, consumer.name)
        except NotFoundError:
            return await self._restore(consumer)
        except TRANSIENT_ERRORS:
            return
        self._settled[consumer.name] = info.ack_floor.stream_seq if info.ack_floor else 0
        self._compare(consumer, info.config)
        metrics.PENDING.labels(consumer.name).set(info.num_pending or 0)
        name, about = f"{consumer.group.stream}/{consumer.name}/pending", "Messages that wait in the stream"
        self._backlogs.note(QUEUES, name, info.num_pending or 0, description=about)
        metrics.ACK_PENDING.labels(consumer.name).set(info.num_ack_pending or 0)
        metrics.REDELIVERED.labels(consumer.name).set(info.num_redelivered or 0)
        self._check_progress(consumer, info.num_pending or 0, info.num_ack_pending or 0, info.delivered)

    async def _restore(self, consumer: Durable) -> None:
        first = self._settled.get(consumer.name, 0) + 1
        log.error("consumer.lost", extra={"fields": {"durable": consumer.name, "begins_at": first}})
        with suppress(*TRANSIENT_ERRORS):
            await restore(self.js, consumer, first)

    def _compare(self, consumer: Durable, live: ConsumerConfig) -> None:
        """Logs a difference once and goes on: during an upgrade the settings of the next version are there before its
        processes are."""
        problem = differs(consumer, live)
        if problem and self._drifted.get(consumer.name) != problem:
            log.warning("consumer.differs", extra={"fields": {"problem": problem}})
        self._drifted[consumer.name] = problem

    def _check_progress(self, consumer: Durable, pending: int, ack_pending: int, delivered: object) -> None:
        position = getattr(delivered, "consumer_seq", 0)
        seen, since = self._moved.get(consumer.name, (-1, 0.0))
        if position != seen or pending == 0 or ack_pending > 0:
            self._moved[consumer.name] = (position, time.monotonic())
        elif time.monotonic() - since > STUCK_AFTER:
            raise ConsumerStuck(f"consumer {consumer.name} has {pending} messages and hands none out")
