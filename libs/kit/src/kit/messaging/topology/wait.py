"""Waits, before a process takes messages, until streams and consumers are as its version declares them."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from nats.aio.client import Client
from nats.errors import Error as NatsError

from contracts.streams import MAX_ANSWER_BYTES
from kit.db.database import Database
from kit.messaging.delivery.inbox import last_received
from kit.messaging.topology.apply import Durable, restore
from kit.messaging.topology.diff import drift, missing
from kit.settings import ServiceSettings

log = logging.getLogger("kit.declared")
LOOK_INTERVAL = 2.0
OVERLAP = timedelta(minutes=10)
"""Longer than a message may wait between its stream and the inbox, differences of clocks included."""


class Consumer(Protocol):
    """A process that waits until the bus has its streams and consumers."""

    nc: Client
    db: Database
    settings: ServiceSettings
    problems: list[str]
    """What it waits for, one sentence each."""

    @property
    def remedy(self) -> str:
        """The sentence that tells an operator what to do."""
        ...


async def wait_until_provisioned(process: Consumer, durables: Sequence[Durable]) -> None:
    """Returns when nothing is missing or different. Until then it logs the problems and shows them at /readyz;
    `provision` alone lets it go on."""
    while problems := await _problems(process, durables):
        if problems != process.problems:
            log.error("service.waits", extra={"fields": {"problems": problems}})
        process.problems = problems
        await asyncio.sleep(LOOK_INTERVAL)
    process.problems = []


async def _problems(process: Consumer, durables: Sequence[Durable]) -> list[str]:
    try:
        found = await drift(process.nc.jetstream(timeout=5), durables, process.settings.stream_bytes)
        found = [one for one in found if not await _restored(process, durables, one)]
    except (NatsError, TimeoutError) as error:
        return [f"JetStream does not answer: {error!r}."]
    return [*_narrow(process.nc), *(f"{problem}. {process.remedy}" for problem in found)]


async def _restored(process: Consumer, durables: Sequence[Durable], problem: str) -> bool:
    """Whether the problem was a durable that the server has lost, and that is restored now. It begins a little before
    the last message that this service has handled; its inbox recognises what comes again."""
    for consumer in durables:
        if problem == missing(consumer) and (last := await last_received(process.db, consumer.name)):
            await restore(process.nc.jetstream(timeout=5), consumer, last - OVERLAP)
            return True
    return False


def _narrow(nc: Client) -> list[str]:
    """Long lists and inference results are answered in one message."""
    if nc.max_payload >= MAX_ANSWER_BYTES:
        return []
    return [f"The bus takes messages of {nc.max_payload} bytes, {MAX_ANSWER_BYTES} are needed. Raise its max_payload."]
