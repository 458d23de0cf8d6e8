"""Before a process takes anything: streams and consumers are there as its version wants them."""

import asyncio
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nats.aio.client import Client
from nats.errors import Error as NatsError

from contracts.streams import LARGEST_ANSWER
from kit.drift import drift
from kit.provision import Durable

if TYPE_CHECKING:
    from kit.app import Service

log = logging.getLogger("kit.declared")
LOOK = 2.0


async def as_declared(service: "Service", durables: Sequence[Durable]) -> None:
    """Waits for `provision`, and says so in the log and at /readyz: whoever deploys need not start anything again."""
    while problems := await _problems(service, durables):
        if problems != service.problems:
            log.error("service.waits", extra={"facts": {"problems": problems}})
        service.problems = problems
        await asyncio.sleep(LOOK)
    service.problems = []


async def _problems(service: "Service", durables: Sequence[Durable]) -> list[str]:
    try:
        found = await drift(service.nc.jetstream(timeout=5), durables)
    except (NatsError, TimeoutError) as error:
        return [f"JetStream does not answer: {error!r}."]
    return [*_narrow(service.nc), *(f"{problem}. {service.remedy}" for problem in found)]


def _narrow(nc: Client) -> list[str]:
    """Long lists and live predictions are answered in one message."""
    if nc.max_payload >= LARGEST_ANSWER:
        return []
    return [f"The bus takes messages of {nc.max_payload} bytes, {LARGEST_ANSWER} are needed. Raise its max_payload."]
