"""The public listener inside the service's process and event loop."""

import asyncio
import contextlib
import logging
import os
import socket

import uvicorn
from starlette.types import ASGIApp

from gateway.listener import BACKLOG, bound
from gateway.settings import DoorSettings
from gateway.sse.hub import Hub

log = logging.getLogger("gateway.server")
GRACE = 20
KEEP_ALIVE = 65


class PublicServer:
    """`hub`: its streams would never end by themselves, so they are closed before the server waits for its answers."""

    def __init__(self, app: ASGIApp, settings: DoorSettings, hub: Hub) -> None:
        self.settings, self.hub = settings, hub
        proxies = settings.trusted_proxies
        self.server = uvicorn.Server(uvicorn.Config(
            app, http="httptools", ws="none", lifespan="off", log_config=None, access_log=False, server_header=False,
            proxy_headers=bool(proxies), forwarded_allow_ips=proxies or None, backlog=BACKLOG,
            timeout_keep_alive=KEEP_ALIVE, timeout_graceful_shutdown=GRACE,
        ))  # fmt: skip
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        fd, settings = self.settings.public_fd, self.settings
        listener = bound(settings.public_host, settings.public_port) if fd is None else socket.socket(fileno=os.dup(fd))
        self._task = asyncio.create_task(self.server._serve([listener]))
        log.info("http.listening", extra={"facts": {"address": listener.getsockname()[:2]}})

    async def stop(self) -> None:
        """No new requests, event streams closed, the others finished; at most `GRACE` seconds. Twice is harmless."""
        self.hub.close()
        self.server.should_exit = True
        task, self._task = self._task, None
        if task:
            with contextlib.suppress(SystemExit):
                await task
