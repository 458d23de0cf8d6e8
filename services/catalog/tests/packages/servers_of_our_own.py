"""The part of the catalog that makes packages on servers that nobody else uses, which may be killed, with packages in a
bucket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from package_jobs import Packages, Workers, start_worker, stop_all
from packages_room import RoomSettings, build
from psycopg.conninfo import make_conninfo

from catalog.packages.storage.port import PackageStorage
from catalog.packages.storage.settings import PackageStorageSettings
from catalog.packages.storage.wiring import package_storage
from kit.app import Service
from kit.testing import Room, calling, configured, serving
from stack import pids
from stack.home import Env, Home
from stack.run import down, up

GIVEN = ("NATS__URL", "FAIRWAY_PG_ADMIN_URL", "AWS_ENDPOINT_URL")
"""Addresses in the environment, which would be taken for servers that somebody gives us."""
DATABASE = "packages"


@dataclass
class OurOwn:
    """`log`: in which the processor `many` says what it made."""

    home: Home
    running: Service
    packages: Packages
    storage: PackageStorage
    workers: Workers
    log: Path

    async def kill_worker(self) -> None:
        """kill -9; another one takes its place."""
        worker = self.workers.pop(0)
        await stop_all([worker])
        self.workers.append(await start_worker())

    async def kill(self, daemon: str) -> None:
        """kill -9 of a server, which a cluster then starts again."""
        process = pids.running(self.home)[daemon]
        pids.kill([process, *pids.children(process)])
        await asyncio.to_thread(up, {"s3" if daemon == "radosgw" else daemon}, None, self.home)


@asynccontextmanager
async def our_own(folder: Path, files: int) -> AsyncIterator[OurOwn]:
    """Yields the service with two workers. `files`: those of the processor `many`."""
    async with AsyncExitStack() as stack:
        home = Home(folder / "servers")
        stack.callback(down, home=home)
        env = await asyncio.to_thread(_servers, home)
        room = Room("catalog", build, RoomSettings, environment=_environment(env, folder, files))
        settings = stack.enter_context(configured(room, env["NATS__URL"], _database(env)))
        running = await stack.enter_async_context(serving(room, settings))
        caller = await stack.enter_async_context(calling(env["NATS__URL"]))
        storage = package_storage(PackageStorageSettings())
        await storage.start()
        stack.push_async_callback(storage.stop)
        workers = [await start_worker() for _ in range(2)]
        stack.push_async_callback(stop_all, workers)
        yield OurOwn(home, running, Packages(caller, folder), storage, workers, folder / "many.log")


def _servers(home: Home) -> Env:
    with pytest.MonkeyPatch.context() as patch:
        for name in GIVEN:
            patch.delenv(name, raising=False)
        return up({"nats", "postgres", "s3"}, home=home)


def _database(env: Env) -> str:
    """Returns the address of an empty one, which goes with its server."""
    with psycopg.connect(env["FAIRWAY_PG_ADMIN_URL"], autocommit=True) as admin:
        admin.execute(f"create database {DATABASE}")
        parts = admin.info
        url = f"postgresql://{parts.user}:{parts.password}@{parts.host}:{parts.port}/{DATABASE}"
    with psycopg.connect(make_conninfo(url), autocommit=True) as connection:
        connection.execute("create extension postgis")
    return url


def _environment(env: Env, folder: Path, files: int) -> dict[str, str]:
    return {
        **{name: value for name, value in env.items() if name.startswith("AWS_")},
        "AUTOPKG_STORAGE_BACKEND": "awss3", "AUTOPKG_S3_BUCKET": env["BUCKET_NAME"], "AUTOPKG_DEPLOYMENT_ENV": "prod",
        "AUTOPKG_LOCALFS_STORAGE_BACKEND_ROOT": str(folder / "packages"), "AUTOPKG_SOURCE_OFFLINE": "true",
        "AUTOPKG_LOCALFS_PROCESSING_BACKEND_ROOT": str(folder / "processing"),
        "MANY_LOG": str(folder / "many.log"), "MANY_FILES": str(files),
    }  # fmt: skip
