"""Before a process takes anything: streams and consumers are there as its version wants them."""

import asyncio
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nats.errors import Error as NatsError
from nats.js import JetStreamContext

from kit.drift import drift
from kit.provision import Durable

if TYPE_CHECKING:
    from kit.app import Service

log = logging.getLogger("kit.declared")
LOOK = 2.0


async def as_declared(service: "Service", durables: Sequence[Durable]) -> None:
    """Waits for `provision`, and says so in the log and at /readyz: whoever deploys need not start anything again."""
    js = service.nc.jetstream(timeout=5)
    while problems := await _problems(js, durables):
        if problems != service.problems:
            log.error("service.waits", extra={"facts": {"problems": problems, "remedy": service.remedy}})
        service.problems = problems
        await asyncio.sleep(LOOK)
    service.problems = []


async def _problems(js: JetStreamContext, durables: Sequence[Durable]) -> list[str]:
    try:
        return await drift(js, durables)
    except (NatsError, TimeoutError) as error:
        return [f"JetStream does not answer: {error!r}"]
