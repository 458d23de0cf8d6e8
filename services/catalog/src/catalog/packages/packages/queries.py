"""Reading packages. The storage says what there is; our tables add what boundaries and jobs know."""

import asyncio
from typing import Any

import psycopg
from sqlalchemy import exists, func, select, text

from catalog.packages.boundaries.queries import envelope, get_boundary
from catalog.packages.packages.tables import PackageDatasetRow, WorkerHeartbeatRow
from catalog.packages.packages.visibility import is_listed
from catalog.packages.processors.catalogue import ProcessorCatalogue
from catalog.packages.processors.queries import by_dataset
from catalog.packages.storage.port import PackageStorage, VersionRef
from contracts.catalog import packages as c
from contracts.shared import Json
from kit.db.sql import CompiledQuery
from kit.errors import NotFound, Unavailable
from kit.messaging.tx import ReadTx

OUTLINE = "boundary.geojson"
COMPLETE = "complete"
READY_LIMIT = 4.0
"""Seconds; the probe answers within five."""
_ALIVE = CompiledQuery(select(exists().where(WorkerHeartbeatRow.beat_at > func.now() - text("interval '15 s'"))))


async def list_packages(query: c.ListPackages, storage: PackageStorage) -> list[Json]:
    """Returns rows of `contracts.catalog.packages.PackageSummary`."""
    found = [name for name in await storage.packages(query.after) if is_listed(name)]
    return [{"boundary_name": name, "uri": home(name, storage)} for name in found[: query.limit]]


async def get_package(name: str, read: ReadTx, storage: PackageStorage, catalogue: ProcessorCatalogue) -> c.Package:
    """Raises NotFound for a package without a folder, without a dataset version of a known processor, or whose boundary
    is gone."""
    processors = await catalogue.processors()
    stored = [version for version in await storage.tree_of(name) if version.processor in processors]
    if not stored:
        raise NotFound("package_empty", f"Package {name} has no existing or executing datasets")
    descriptor = await storage.load_datapackage(name)
    boundary = await _boundary(name, descriptor, read, storage)
    shown = [_shown(version, processors[version.processor], storage) for version in stored]
    return c.Package(
        boundary_name=name, uri=home(name, storage), boundary=boundary, processors=by_dataset(shown),
        datapackage=descriptor, freshness=await _freshness(name, stored, read),
    )  # fmt: skip


async def is_ready(read: ReadTx) -> bool:
    """Whether the database answers and a worker was alive in the last 15 s."""
    try:
        async with asyncio.timeout(READY_LIMIT), read.db.raw() as connection:
            return bool(await _ALIVE.value(connection))
    except (psycopg.Error, Unavailable, TimeoutError):
        return False


def home(package: str, storage: PackageStorage) -> str:
    """Returns the public address of a package's folder."""
    return storage.uri(f"{package}/")


def _shown(version: VersionRef, known: c.ProcessorVersion, storage: PackageStorage) -> c.ProcessorVersion:
    uri = storage.uri(f"{version.package}/datasets/{version.dataset}/{version.version}/")
    return known.model_copy(update={"status": COMPLETE, "uri": uri})


async def _boundary(name: str, descriptor: Json, read: ReadTx, storage: PackageStorage) -> Json:
    """An own area stands in no table: its outline lies in the package."""
    if is_listed(name):
        return (await get_boundary(name, read)).model_dump(mode="json")
    geometry = (await storage.load_document(name, OUTLINE)).get("geometry")
    title = descriptor.get("title", name)
    return {
        "id": 0, "name": name, "name_long": title, "admin_level": "", "geometry": geometry,
        "envelope": _envelope(geometry),
    }  # fmt: skip


def _envelope(geometry: Any) -> Json | None:
    """None for a geometry that is missing or damaged."""
    try:
        positions = [position for polygon in geometry["coordinates"] for ring in polygon for position in ring]
        x, y = [one[0] for one in positions], [one[1] for one in positions]
        return envelope(min(x), min(y), max(x), max(y))
    except (KeyError, IndexError, TypeError, ValueError):
        return None


async def _freshness(name: str, stored: list[VersionRef], read: ReadTx) -> Json:
    """Returns what jobs know of the stored versions, by processor."""
    made = select(PackageDatasetRow).where(PackageDatasetRow.boundary_name == name)
    rows = (await read.session.scalars(made)).all()
    there = {version.processor for version in stored}
    return {
        row.processor: {
            "made_at": row.made_at.isoformat(), "release": row.release,
            "expires_at": row.expires_at.isoformat() if row.expires_at else None,
        }
        for row in rows if row.processor in there
    }  # fmt: skip
