"""Heartbeats of a worker on the row it works at. While they come, no other worker takes the row, however slow the
worker is."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any

from kit.errors import Unavailable
from kit.outages import until_database_answers
from kit.process.tasks import cancel_all

HEARTBEAT_INTERVAL = 5.0
HEARTBEAT_TIMEOUT = timedelta(seconds=15)
"""A worker without a heartbeat for so long has lost its row. The bus delivers its job to another worker later than that
(`contracts.streams`)."""


class Superseded(Exception):
    """Another worker has taken the row, or the work was cancelled: stop and write nothing."""


class HeldElsewhere(Unavailable):
    """A living worker holds the row: its job was delivered twice, as happens when the bus was away. The delivery comes
    back later and counts as no attempt."""

    def __init__(self) -> None:
        super().__init__("held_elsewhere", "Another worker is at it.")


async def while_beating(
    work: Coroutine[Any, Any, None], beat: Callable[[], Awaitable[bool]], interval: float = HEARTBEAT_INTERVAL
) -> None:
    """Runs `work`, and `beat` every `interval` seconds. When `beat` returns False, cancels the work and
    raises Superseded; waits while the database is away. Raises what `work` raises."""
    working, beating = asyncio.ensure_future(work), asyncio.ensure_future(_beating(beat, interval))
    try:
        await asyncio.wait({working, beating}, return_when=asyncio.FIRST_COMPLETED)
        await (working if working.done() else beating)
    finally:
        await cancel_all({working, beating})


async def _beating(beat: Callable[[], Awaitable[bool]], interval: float) -> None:
    while True:
        await asyncio.sleep(interval)
        if not await until_database_answers(beat):
            raise Superseded
