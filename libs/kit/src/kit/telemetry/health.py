"""The internal HTTP listener of a process: /livez, /readyz, /metrics. Never on the public address."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from kit.db.database import Database
from kit.settings import ServiceSettings


class Process(Protocol):
    """A running service or worker, as far as its health is concerned."""

    name: str
    settings: ServiceSettings
    db: Database
    ready: bool
    stopping: asyncio.Event
    http_routes: list[BaseRoute]
    problems: list[str]
    """What it waits for, one sentence each."""

    async def bus_problem(self) -> str:
        """Empty when the bus stores messages."""
        ...


@asynccontextmanager
async def listening(process: Process) -> AsyncIterator[None]:
    """Serves while the block runs. Port 0 without an inherited socket means no listener."""
    settings = process.settings
    if not settings.http_port and settings.http_fd is None:
        yield
        return
    sockets = None if settings.http_fd is None else [socket.socket(fileno=os.dup(settings.http_fd))]
    config = uvicorn.Config(
        application(process), settings.http_host, settings.http_port,
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


def application(process: Process) -> Starlette:
    """Returns the ASGI application with its own routes and those of the process."""

    async def livez(_: Request) -> Response:
        return JSONResponse({"status": "alive", "service": process.name})

    async def readyz(_: Request) -> Response:
        checks, reasons = await readiness(process)
        return JSONResponse({**checks, "reasons": reasons}, 503 if reasons else 200)

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(registry()), media_type=CONTENT_TYPE_LATEST)

    own = [Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", metrics)]
    return Starlette(routes=[*own, *process.http_routes])


async def readiness(process: Process) -> tuple[dict[str, bool], list[str]]:
    """Returns the state of consumers, bus and database, and a sentence for each that is not ready. It is strict:
    consuming, the bus stores messages, the database answers."""
    problem, database = await asyncio.gather(process.bus_problem(), process.db.ping())
    bus, reasons = not problem, [problem] if problem else []
    reasons += [] if database else [f"The database at {address(process.db.url)} does not answer."]
    reasons += process.problems
    if not (process.ready or reasons):
        reasons = ["It is ending." if process.stopping.is_set() else "It is starting."]
    return {"consuming": process.ready, "bus": bus, "database": database}, reasons


def address(url: str) -> str:
    """Returns hosts and ports of a URL, or of several with commas between, without credentials."""
    return ", ".join(one.split("://")[-1].rpartition("@")[2].partition("/")[0] for one in url.split(","))


def registry() -> CollectorRegistry:
    """Returns the metrics of this process, or of all worker processes that share `PROMETHEUS_MULTIPROC_DIR`."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    together = CollectorRegistry()
    MultiProcessCollector(together)
    return together
