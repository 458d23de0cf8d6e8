"""Removes settled commands from their stream: they are not needed there any more, and their owner's inbox keeps the
verdicts.

The stream is purged from its start, owner by owner: an owner that is not running keeps only its own commands, and a
write costs nothing in addition.
"""

import asyncio
import time
from collections import deque
from contextlib import suppress

from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import Error as JetStreamError
from nats.js.errors import NotFoundError

from contracts import OWNERS
from contracts.base import Command
from contracts.registry import all_messages
from contracts.streams import ADVISORIES, COMMANDS, CONSUMER_GROUPS, durable
from kit.app import Service

PERIOD = 10.0
RETENTION = 120.0
"""Seconds that a settled command stays: for repeats, for status requests, and for the advisory of a command that was
given up, which is looked up by its sequence."""
TRANSIENT_ERRORS = (NatsError, JetStreamError, TimeoutError, OSError)


class SettledCommands:
    def __init__(self) -> None:
        self._floors: deque[tuple[float, dict[str, int]]] = deque()
        self._cleared: dict[str, int] = {}

    async def run(self, service: Service) -> None:
        """A loop of the service. A failed round is repeated in the next one."""
        while True:
            with suppress(*TRANSIENT_ERRORS):
                await self.clear(service.bus.js)
            await asyncio.sleep(PERIOD)

    async def clear(self, js: JetStreamContext) -> None:
        """One round. Purges nothing while an advisory waits to be processed."""
        if await _given_up(js):
            return
        floors = {owner: await settled_up_to(js, owner) for owner in OWNERS}
        self._floors.append((time.monotonic(), floors))
        for owner, last in self._due().items():
            if last > self._cleared.get(owner, 0):
                await js.purge_stream(COMMANDS.name, seq=last + 1, subject=f"{Command.kind}.{owner}.>")
                self._cleared[owner] = last

    def _due(self) -> dict[str, int]:
        """Returns the latest floors that are old enough."""
        due: dict[str, int] = {}
        while self._floors and time.monotonic() - self._floors[0][0] >= RETENTION:
            due = self._floors.popleft()[1]
        return due


async def settled_up_to(js: JetStreamContext, owner: str) -> int:
    """Returns the stream sequence up to which all commands of an owner are settled; 0 while that is unknown because one
    of its durables does not exist."""
    floors = await _floors(js, owner)
    if not _commands(owner) <= {subject for subjects in floors.values() for subject in subjects}:
        return 0
    last = max(floors)
    for floor in (floor for floor in floors if floor < last):
        for subject in floors[floor]:
            last = min(last, await _first(js, subject, floor + 1, last + 1) - 1)
    return last


def _commands(owner: str) -> set[str]:
    kinds = (kind for kind in all_messages().values() if issubclass(kind, Command) and kind.owner() == owner)
    return {kind.subject("*") for kind in kinds}


async def _floors(js: JetStreamContext, owner: str) -> dict[int, list[str]]:
    """Returns the sequence up to which each durable has acknowledged everything, and its subjects."""
    floors: dict[int, list[str]] = {}
    for group in (group for group in CONSUMER_GROUPS.values() if group.stream == COMMANDS.name):
        with suppress(NotFoundError):
            info = await js.consumer_info(COMMANDS.name, durable(owner, group.name))
            subjects = info.config.filter_subjects or [info.config.filter_subject or ""]
            floors.setdefault(info.ack_floor.stream_seq if info.ack_floor else 0, []).extend(subjects)
    return floors


async def _first(js: JetStreamContext, subject: str, start: int, otherwise: int) -> int:
    """Returns the sequence of the first message of a subject from `start` on."""
    try:
        return (await js.get_msg(COMMANDS.name, start, subject, next=True)).seq or otherwise
    except NotFoundError:
        return otherwise


async def _given_up(js: JetStreamContext) -> bool:
    info = await js.consumer_info(ADVISORIES.name, durable("gateway", "advisories"))
    return bool(info.num_pending or info.num_ack_pending)
