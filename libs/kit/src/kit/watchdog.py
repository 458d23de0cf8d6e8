"""A consumer that was deleted, or that hands nothing out, stops its service loudly instead of silently (FastStream
would spin on the error and look healthy)."""

import asyncio
import logging
import time

from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig
from nats.js.errors import Error as JetStreamError
from nats.js.errors import NotFoundError

from kit import metrics
from kit.drift import differs
from kit.provision import Durable

log = logging.getLogger("kit.watchdog")
PERIOD = 5.0
STUCK_AFTER = 60.0


class Lost(Exception):
    """A durable is gone or stuck; the process should end and be started again."""


class Watchdog:
    def __init__(self, js: JetStreamContext, durables: list[Durable]) -> None:
        self.js, self.durables = js, durables
        self._drifted: dict[str, str] = {}
        self._moved: dict[str, tuple[int, float]] = {}

    async def run(self) -> None:
        while True:
            await asyncio.sleep(PERIOD)
            for consumer in self.durables:
                await self._look(consumer)

    async def _look(self, consumer: Durable) -> None:
        try:
            info = await self.js.consumer_info(consumer.latency.stream, consumer.name)
        except NotFoundError as error:
            raise Lost(f"consumer {consumer.name} is gone") from error
        except (NatsError, JetStreamError, TimeoutError, OSError):
            return
        self._compare(consumer, info.config)
        metrics.PENDING.labels(consumer.name).set(info.num_pending or 0)
        metrics.ACK_PENDING.labels(consumer.name).set(info.num_ack_pending or 0)
        metrics.REDELIVERED.labels(consumer.name).set(info.num_redelivered or 0)
        self._judge(consumer, info.num_pending or 0, info.num_ack_pending or 0, info.delivered)

    def _compare(self, consumer: Durable, live: ConsumerConfig) -> None:
        """During an upgrade the next version's settings are there before its pods are: that is said, and borne."""
        problem = differs(consumer, live)
        if problem and self._drifted.get(consumer.name) != problem:
            log.warning("consumer.differs", extra={"facts": {"problem": problem}})
        self._drifted[consumer.name] = problem

    def _judge(self, consumer: Durable, pending: int, ack_pending: int, delivered: object) -> None:
        position = getattr(delivered, "consumer_seq", 0)
        seen, since = self._moved.get(consumer.name, (-1, 0.0))
        if position != seen or pending == 0 or ack_pending > 0:
            self._moved[consumer.name] = (position, time.monotonic())
        elif time.monotonic() - since > STUCK_AFTER:
            raise Lost(f"consumer {consumer.name} has {pending} messages and hands none out")
