"""The steps of a build: chips, labels, archive, STAC item. A repeated step keeps what is stored already."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson
import shapely
from geoalchemy2.shape import to_shape
from sqlalchemy import select

from catalog.areas.tables import AoiRow
from catalog.datasets import storage_keys
from catalog.datasets.build.archive import archive
from catalog.datasets.build.context import BuildContext
from catalog.datasets.build.errors import BuildFailed, TransientFailure
from catalog.datasets.build.progress import ProgressReporter
from catalog.datasets.build.retry import retry_transient
from catalog.shared.job_claim import JobClaim
from catalog.stac.item_inputs import DatasetItemInput, StoredFile
from contracts.catalog.datasets import BuildDataset, BuildOutcome
from contracts.imagery import plain_address
from contracts.shared import Outcome
from geo.antimeridian import Surface, bounds
from imagery import (
    BadTemplate,
    NoTiles,
    Template,
    TooManyTiles,
    chip_name,
    download,
    intersecting,
    resolve_template,
    tile_label,
)  # fmt: skip
from kit.errors import Unprocessable
from kit.http.outbound import OutboundError
from kit.jobs.context import JobContext

T = TypeVar("T")
HOST_RETRY_SECONDS = 8.0
"""Seconds to retry the imagery server within one delivery; longer outages are waited for between deliveries."""


@dataclass
class Build:
    """A running build."""

    claim: JobClaim
    request: BuildDataset
    areas: list[Surface]
    tools: BuildContext
    reporter: ProgressReporter
    is_last_attempt: bool

    async def retry_transient(self, call: Callable[[], Awaitable[T]]) -> T:
        """Retries within this delivery; the dataset shows what it waits for."""
        return await retry_transient(call, self.tools.retry_seconds, self.reporter.on_failure)

    @property
    def stac_id(self) -> str:
        return self.claim.row.stac_id

    @property
    def offset(self) -> tuple[float, float]:
        east, north = self.claim.row.offset
        return east, north

    @property
    def classes(self) -> list[tuple[str, list[str]]]:
        return [(entry.name, list(map(str, entry.classes))) for entry in self.request.label_classes]


async def areas_of(dataset_id: int, context: JobContext) -> list[Surface]:
    async with context.read() as read:
        rows = await read.session.scalars(
            select(AoiRow.geom).where(AoiRow.dataset_id == dataset_id).order_by(AoiRow.id)
        )
        areas = [to_shape(geom) for geom in rows.all()]
    if not areas:
        raise BuildFailed("The dataset has no area of interest.")
    return areas  # type: ignore[return-value]


async def make_chips(build: Build) -> tuple[list[str], Outcome]:
    """Returns the keys of all chips and the outcome of all tiles. Chips of an earlier delivery are kept; files of
    other tiles are deleted."""
    storage, folder = build.tools.storage, storage_keys.chips(build.stac_id)
    tiles = _tiles(build)
    wanted = {folder + chip_name(tile) for tile in tiles}
    there = set(await build.retry_transient(lambda: storage.keys(folder)))
    await build.retry_transient(lambda: storage.remove(sorted(there - wanted)))
    missing = [tile for tile in tiles if folder + chip_name(tile) not in there]
    kept = sorted(wanted & there)
    saved, failed = await _fetch(build, missing, len(kept), len(tiles)) if missing else ([], {})
    left_out = [(reason, tile_label(tile)) for tile in missing if (reason := failed.get(chip_name(tile)))]
    return sorted([*kept, *saved]), Outcome.of(len(kept) + len(saved), left_out)


def _tiles(build: Build) -> list:
    try:
        return intersecting(shapely.union_all(build.areas), build.request.zoom, build.tools.max_tiles)
    except TooManyTiles as problem:
        raise BuildFailed(str(problem)) from problem


async def _fetch(build: Build, tiles: list, kept: int, total: int) -> tuple[list[str], dict[str, str]]:
    """Returns the keys of the saved chips, and the reasons of failed ones by name."""
    tools, folder = build.tools, storage_keys.chips(build.stac_id)

    async def save(name: str, content: bytes) -> None:
        await build.retry_transient(lambda: tools.storage.put(folder + name, content, "image/tiff"))

    async def progress(done: int, _: int) -> None:
        await build.reporter.at("chips", kept + done, total)

    try:
        result = await download(tiles, await _imagery(build), tools.outbound, save, progress)
    except NoTiles as problem:
        if kept and (build.is_last_attempt or not problem.transient):
            return [], problem.failed
        if problem.transient:
            raise TransientFailure(str(problem), problem.retry_after) from problem
        raise BuildFailed(str(problem)) from problem
    if result.transient and not build.is_last_attempt:
        raise TransientFailure("Some tiles of the imagery could not be fetched.", result.retry_after)
    return [folder + name for name in result.saved], result.failed


async def _imagery(build: Build) -> Template:
    tools, address, zoom = build.tools, build.request.source_imagery, build.request.zoom
    try:
        return await retry_transient(
            lambda: resolve_template(address, tools.outbound, zoom), min(tools.retry_seconds, HOST_RETRY_SECONDS)
        )
    except (BadTemplate, OutboundError) as problem:
        raise BuildFailed(f"The imagery cannot be used. {problem}") from problem


async def make_archive(build: Build, chips: list[str], drawn: dict[str, bytes]) -> StoredFile:
    """`drawn`: GeoJSON files by name."""

    async def progress(done: int, total: int) -> None:
        await build.reporter.at("archive", done, total)

    await build.reporter.check()
    key, storage = storage_keys.archive(build.stac_id), build.tools.storage
    size, digest = await build.retry_transient(lambda: archive(storage, chips, drawn, key, progress))
    return StoredFile(storage.uri(key), size, digest)


async def register(
    build: Build, username: str, chip_count: int, labels: bytes, download: StoredFile, outcome: BuildOutcome
) -> None:
    from catalog.stac.publish_dataset import publish_dataset

    await build.reporter.check()
    await build.reporter.at("register", 0, 1)
    item = _item_input(build, username, chip_count, labels, download, outcome)
    try:
        await build.retry_transient(lambda: publish_dataset(item, build.tools.stac))
    except Unprocessable as problem:
        raise BuildFailed(f"The catalogue refused the dataset. {problem}") from problem
    await build.reporter.at("register", 1, 1)


def _item_input(
    build: Build, username: str, chip_count: int, labels: bytes, download: StoredFile, outcome: BuildOutcome
) -> DatasetItemInput:
    row, request, storage = build.claim.row, build.request, build.tools.storage
    union = shapely.union_all(build.areas)
    whole = union if isinstance(union, shapely.MultiPolygon) else shapely.MultiPolygon([union])  # type: ignore[list-item]
    label_file = StoredFile(
        storage.uri(storage_keys.labels(row.stac_id)), len(labels), hashlib.sha256(labels).hexdigest()
    )
    entries: list[dict[str, Any]] = [entry.model_dump(mode="json") for entry in request.label_classes]
    return DatasetItemInput(
        stac_id=row.stac_id, title=row.title, description=request.description, user_id=row.user_id,
        username=username or str(row.user_id), source_imagery=plain_address(request.source_imagery), classes=entries,
        tasks=list(request.label_tasks), keywords=request.keywords, label_type=request.label_type,
        geometry_type=request.geometry_type, aoi=orjson.loads(shapely.to_geojson(whole)), bbox=bounds(whole),
        chip_count=chip_count, chips=StoredFile(storage.uri(storage_keys.chips(row.stac_id))), labels=label_file,
        download=download, offset=build.offset, outcome=outcome.model_dump(mode="json"),
    )  # fmt: skip
