"""`/info/version` and `/info/status` of the LabelAPI, on the internal listener of the catalog."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

import catalog
from catalog.labelstore.files import LabelFiles
from catalog.stac.client import StacClient
from catalog.stac.vocabulary import LABEL_DATASETS
from contracts.streams import STREAMS
from kit.app import Service

REUSED_FOR = 10.0
LIMIT = 5.0
REQUIRED = ("DATABASE_URL", "BUCKET_NAME", "NATS__URL", "FAIR_STAC_API_URL")
MIGRATIONS = Path(catalog.__file__ or "").parent / "migrations/versions"
BUILD = ("VERSION", "GIT_BRANCH", "GIT_COMMIT")
Check = Callable[[], Awaitable[Any]]


class Info:
    """One status serves all who ask within `REUSED_FOR` seconds."""

    def __init__(self, service: Service, files: LabelFiles, stac: StacClient) -> None:
        self.service, self.files, self.stac = service, files, stac
        self._turn, self._at, self._found = asyncio.Lock(), float("-inf"), dict[str, Any]()

    @property
    def routes(self) -> list[Route]:
        return [Route("/info/version", self.version), Route("/info/status", self.status)]

    async def version(self, _: Request) -> Response:
        return PlainTextResponse(" ".join(os.environ.get(name) or "?" for name in BUILD) + "\n")

    async def status(self, _: Request) -> Response:
        async with self._turn:
            if time.monotonic() - self._at > REUSED_FOR:
                self._found, self._at = await self._checked(), time.monotonic()
        return JSONResponse(self._found, 500 if self._found["messages"] else 200)

    async def _checked(self) -> dict[str, Any]:
        """A check that stands on another one is not made where that fails; none is made without the settings."""
        environment = self._environment()
        missing = [f"{name} is not set." for name, there in environment.items() if not there]
        checks = {name: dict.fromkeys(names, False) for name, names in self._names().items()}
        said = missing or [one for part in await asyncio.gather(*self._parts(checks)) for one in part]
        return {**checks, "environment": environment, "messages": said}

    def _environment(self) -> dict[str, bool]:
        settings = self.service.settings
        known = settings.database_url, self.files.storage.settings.bucket, settings.nats_url, self.stac.root
        return dict(zip(REQUIRED, map(bool, known), strict=True))

    @staticmethod
    def _names() -> dict[str, tuple[str, ...]]:
        return {
            "database": ("can_connect", "schema_current"),
            "objectstore": ("can_connect", "bucket_exists", "can_write", "can_delete"),
            "messaging": ("can_connect", "streams_exist"), "catalog": ("can_connect", "collection_exists"),
        }  # fmt: skip

    def _parts(self, checks: dict[str, dict[str, bool]]) -> list[Awaitable[list[str]]]:
        key, storage = f"{self.files.settings.label_imports}/status-{uuid4().hex}", self.files.storage
        steps: dict[str, list[Check]] = {
            "database": [self.service.db.ping, self._schema],
            "objectstore": [
                storage.check, storage.check, lambda: storage.put(key, b"?"), lambda: storage.remove([key])
            ],
            "messaging": [self._bus, self._streams], "catalog": [self._catalog, self._collection],
        }  # fmt: skip
        return [_followed(name, checks[name], made) for name, made in steps.items()]

    async def _schema(self) -> bool:
        async with self.service.db.session() as session:
            return await session.scalar(text("select version_num from alembic_version")) == newest_revision()

    async def _bus(self) -> bool:
        return not await self.service.bus_problem()

    async def _streams(self) -> None:
        for stream in STREAMS:
            await self.service.bus.js.stream_info(stream.name)

    async def _catalog(self) -> None:
        await self.stac.get(LABEL_DATASETS, "none")

    async def _collection(self) -> bool:
        return await self.stac.has_collection(LABEL_DATASETS)


def newest_revision() -> str:
    """Returns the number of the newest migration of this version."""
    return max(path.name[:4] for path in MIGRATIONS.glob("[0-9]*.py"))


async def _followed(name: str, found: dict[str, bool], steps: list[Check]) -> list[str]:
    """Makes the checks one after the other until one fails, and returns what it says."""
    for check, step in zip(found, steps, strict=True):
        try:
            async with asyncio.timeout(LIMIT):
                found[check] = await step() is not False
        except Exception as error:
            return [f"{name}: {check} failed: {error or type(error).__name__}"]
        if not found[check]:
            return [f"{name}: {check} failed."]
    return []
