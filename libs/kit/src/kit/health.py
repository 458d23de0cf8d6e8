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
        checks, reasons = await readiness(service)
        return JSONResponse({**checks, "reasons": reasons}, 503 if reasons else 200)

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(registry()), media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", metrics)])


async def readiness(service: "Service") -> tuple[dict[str, bool], list[str]]:
    """Strict: consuming, bus connected, database answers. And a sentence for each that is not so."""
    bus, database = service.is_connected, await service.db.ping()
    place = address(service.settings.nats_url.get_secret_value())
    reasons = [] if bus else [f"The message bus at {place} is not reachable."]
    reasons += [] if database else [f"The database at {address(service.db.url)} does not answer."]
    reasons += service.problems
    if not (service.ready or reasons):
        reasons = ["It is ending." if service.stopping.is_set() else "It is starting."]
    return {"consuming": service.ready, "bus": bus, "database": database}, reasons


def address(url: str) -> str:
    """Hosts and ports of a URL, or of several: nothing that is secret."""
    return ", ".join(one.split("://")[-1].rpartition("@")[2].partition("/")[0] for one in url.split(","))


def registry() -> CollectorRegistry:
    """Of this process, or of all worker processes that share `PROMETHEUS_MULTIPROC_DIR`."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    together = CollectorRegistry()
    MultiProcessCollector(together)
    return together
