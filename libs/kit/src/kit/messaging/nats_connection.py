"""How every process connects to NATS: it never gives up, notices dead connections within ten seconds, and logs what
happens."""

import asyncio
import logging
import os
import random
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from nats.aio.client import Client
from nats.errors import Error as NatsError

from contracts import nats_permissions

log = logging.getLogger("kit.nats")
CONNECT_LIMIT = 10.0
PING_INTERVAL = 3
"""Seconds. A silent connection is dropped at the third ping, after 9 s at most."""


def connect_options(service: str, url: str, on_closed: Callable[[], None]) -> dict[str, Any]:
    """Returns the keywords of `nats.connect` for the user `service`. `on_closed` is called when the client is closed
    for good; the process should then end."""

    async def disconnected() -> None:
        log.warning("nats.disconnected")

    async def reconnected() -> None:
        log.info("nats.reconnected")
        await asyncio.sleep(random.uniform(0, 0.2))

    async def closed() -> None:
        on_closed()

    async def error(problem: Exception) -> None:
        log.warning("nats.error", extra={"fields": {"reason": repr(problem)}})

    return {
        "servers": url, "name": f"{service}-{os.getpid()}", "allow_reconnect": True, "max_reconnect_attempts": -1,
        "reconnect_time_wait": 1, "connect_timeout": 3, "ping_interval": PING_INTERVAL, "max_outstanding_pings": 2,
        "drain_timeout": 10, "disconnected_cb": disconnected, "reconnected_cb": reconnected, "closed_cb": closed,
        "error_cb": error, "inbox_prefix": nats_permissions.inbox_prefix(service),
    }  # fmt: skip


def reply_prefix(nc: Client) -> str:
    """Returns a reply subject that others cannot guess: one subject of nats-py gives away most of the others."""
    return f"{nc.new_inbox()}.{uuid4().hex}"


async def connect_persistently(connect: Callable[[], Awaitable[Client]]) -> Client:
    """Calls `connect` until it succeeds and returns the client. Each try has a limit of `CONNECT_LIMIT` seconds."""
    pause = 0.25
    while True:
        try:
            async with asyncio.timeout(CONNECT_LIMIT):
                return await connect()
        except (TimeoutError, OSError, NatsError) as problem:
            log.warning("nats.unreachable", extra={"fields": {"reason": repr(problem)}})
        await asyncio.sleep(pause)
        pause = min(pause * 2, 5.0)
