"""The internal listener of a process: /livez, /readyz, /metrics. Never on the public address."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from kit.app import Service


@asynccontextmanager
async def listening(service: "Service") -> AsyncIterator[None]:
    """Serves while the block runs; port 0 and no inherited socket mean no listener."""
    settings = service.settings
    if not settings.http_port and settings.http_fd is None:
        yield
        return
    sockets = None if settings.http_fd is None else [socket.socket(fileno=os.dup(settings.http_fd))]
    config = uvicorn.Config(
        application(service), settings.http_host, settings.http_port,
        log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=2,
    )  # fmt: skip
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(server._serve(sockets))
    try:
        yield
    finally:
        server.should_exit = True
        with contextlib.suppress(SystemExit):
            await task


def application(service: "Service") -> Starlette:
    async def livez(_: Request) -> Response:
        return JSONResponse({"status": "alive", "service": service.name})

    async def readyz(_: Request) -> Response:
        checks = await readiness(service)
        return JSONResponse(checks, 200 if all(checks.values()) else 503)

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(registry()), media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", metrics)])


async def readiness(service: "Service") -> dict[str, bool]:
    """Strict: consuming, bus connected, database answers."""
    connected = bool(service.ready and service.nc.is_connected)
    return {"consuming": service.ready, "bus": connected, "database": await service.db.ping()}


def registry() -> CollectorRegistry:
    """Of this process, or of all worker processes that share `PROMETHEUS_MULTIPROC_DIR`."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    together = CollectorRegistry()
    MultiProcessCollector(together)
    return together
