"""One way to connect to NATS: never give up, notice dead peers within a minute, say what happens."""

import asyncio
import logging
import os
import random
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from nats.aio.client import Client
from nats.errors import Error as NatsError

from contracts import permissions

log = logging.getLogger("kit.nats")
CONNECT_LIMIT = 10.0


def options(service: str, url: str, on_closed: Callable[[], None]) -> dict[str, Any]:
    """Keywords of `nats.connect`. `on_closed` is called when the client is closed for good; the process should end
    then."""

    async def disconnected() -> None:
        log.warning("nats.disconnected")

    async def reconnected() -> None:
        log.info("nats.reconnected")
        await asyncio.sleep(random.uniform(0, 0.2))

    async def closed() -> None:
        on_closed()

    async def error(problem: Exception) -> None:
        log.warning("nats.error", extra={"facts": {"reason": repr(problem)}})

    return {
        "servers": url, "name": f"{service}-{os.getpid()}", "allow_reconnect": True, "max_reconnect_attempts": -1,
        "reconnect_time_wait": 1, "connect_timeout": 5, "ping_interval": 20, "max_outstanding_pings": 2,
        "drain_timeout": 10, "disconnected_cb": disconnected, "reconnected_cb": reconnected, "closed_cb": closed,
        "error_cb": error, "inbox_prefix": permissions.inbox(service),
    }  # fmt: skip


def inbox(nc: Client) -> str:
    """A reply subject of our own that nobody can guess: whoever has seen one of nats-py's knows the others nearly."""
    return f"{nc.new_inbox()}.{uuid4().hex}"


async def connected(connect: Callable[[], Awaitable[Client]]) -> Client:
    """However long the server takes to appear; each try has a limit."""
    pause = 0.25
    while True:
        try:
            async with asyncio.timeout(CONNECT_LIMIT):
                return await connect()
        except (TimeoutError, OSError, NatsError) as problem:
            log.warning("nats.unreachable", extra={"facts": {"reason": repr(problem)}})
        await asyncio.sleep(pause)
        pause = min(pause * 2, 5.0)
