"""The public listener inside the service's process and event loop."""

import asyncio
import contextlib
import logging
import os
import socket

import uvicorn
from starlette.types import ASGIApp

from gateway.http.server.connection import KEEP_ALIVE, BoundedConnection, BoundedServer
from gateway.http.server.listener import BACKLOG, open_socket
from gateway.settings import HttpSettings
from gateway.streaming.hub import Hub

log = logging.getLogger("gateway.server")
GRACE = 20


class PublicServer:
    """The streams of `hub` never end by themselves, so they are closed before the server waits for running
    responses."""

    def __init__(self, app: ASGIApp, settings: HttpSettings, hub: Hub) -> None:
        self.settings, self.hub = settings, hub
        proxies = settings.trusted_proxies
        self.server = BoundedServer(uvicorn.Config(
            app, http=BoundedConnection, ws="none", lifespan="off", log_config=None, access_log=False,
            server_header=False, proxy_headers=bool(proxies), forwarded_allow_ips=proxies or None, backlog=BACKLOG,
            timeout_keep_alive=int(KEEP_ALIVE), timeout_graceful_shutdown=GRACE,
        ))  # fmt: skip
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        fd, settings = self.settings.public_fd, self.settings
        listener = (
            open_socket(settings.public_host, settings.public_port) if fd is None else socket.socket(fileno=os.dup(fd))
        )
        self._task = asyncio.create_task(self.server._serve([listener]))
        log.info("http.listening", extra={"fields": {"address": listener.getsockname()[:2]}})

    async def stop(self) -> None:
        """Accepts no new requests, closes event streams and finishes other requests within `GRACE` seconds. May be
        called twice."""
        self.hub.close()
        self.server.should_exit = True
        task, self._task = self._task, None
        if task:
            with contextlib.suppress(SystemExit):
                await task
