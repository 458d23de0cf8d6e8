"""Finds rows in work without a heartbeat and without a waiting job: their job died under an older version, became a
dead letter, or was lost with its stream. Restarts them, or ends them with a reason."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nats.errors import Error as NatsError

from contracts.streams import CONSUMER_GROUPS, JOBS, durable
from kit.jobs import queue
from kit.jobs.silent_rows import Sign, SilentRows
from kit.messaging.tx import Tx
from kit.telemetry import metrics

if TYPE_CHECKING:
    from kit.app import Service

log = logging.getLogger("kit.reaper")
LOOK_INTERVAL = 30.0


@dataclass
class Reaper:
    """`silent` finds the rows. `revive` locks one row, restarts or ends it unless a heartbeat came meanwhile, and
    returns whether it did. `kind` names such a row in metrics and logs, `group` is the group of its jobs."""

    kind: str
    group: str
    silent: Callable[["Service"], Awaitable[Collection[Sign]]]
    revive: Callable[[Sign, Tx], Awaitable[bool]]
    silence: SilentRows = field(default_factory=SilentRows)

    async def run(self, service: "Service") -> None:
        """A loop of the service; never returns. Several replicas may run it."""
        while True:
            try:
                await self.look(service)
            except Exception as error:
                self.silence.forget()
                log.warning("reaper.failed", extra={"fields": {"kind": self.kind, "reason": repr(error)}})
            await asyncio.sleep(LOOK_INTERVAL)

    async def look(self, service: "Service") -> int:
        """Revives the rows that are lost and returns their number."""
        lost = self.silence.confirmed(await self.silent(service))
        if not lost or not await no_job_waits(service, self.group):
            return 0
        return sum([await self._revive(sign, service) for sign in lost])

    async def _revive(self, sign: Sign, service: "Service") -> bool:
        async with service.tx() as tx:
            if not await self.revive(sign, tx):
                return False
        metrics.REVIVED.labels(self.kind).inc()
        log.warning("row.revived", extra={"fields": {"kind": self.kind, "id": sign[0], "silent_since": str(sign[1])}})
        return True


async def no_job_waits(service: "Service", group: str) -> bool:
    """Whether all jobs of the group have been delivered to workers. False when the bus does not answer."""
    if CONSUMER_GROUPS[group].per_user and await queue.waits(service.db, group):
        return False
    try:
        info = await service.nc.jetstream(timeout=5).consumer_info(JOBS.name, durable(service.name, group))
    except (NatsError, TimeoutError, OSError):
        return False
    return not info.num_pending
