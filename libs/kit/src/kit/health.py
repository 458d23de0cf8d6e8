"""The internal listener of a process: /livez, /readyz, /metrics. Never on the public address."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from kit.app import Service


@asynccontextmanager
async def listening(service: "Service") -> AsyncIterator[None]:
    """Serves while the block runs; port 0 means no listener."""
    if not service.settings.http_port:
        yield
        return
    config = uvicorn.Config(
        application(service), service.settings.http_host, service.settings.http_port,
        log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=2,
    )  # fmt: skip
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(server._serve())
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
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", metrics)])


async def readiness(service: "Service") -> dict[str, bool]:
    """Strict: consuming, bus connected, database answers."""
    connected = bool(service.ready and service.nc.is_connected)
    return {"consuming": service.ready, "bus": connected, "database": await service.db.ping()}
