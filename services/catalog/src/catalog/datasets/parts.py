"""The stages of a build: chips, labels, archive, register. Each may run again and then finds what is there already."""

import hashlib
from dataclasses import dataclass
from typing import Any

import orjson
import shapely
from geoalchemy2.shape import to_shape
from sqlalchemy import select

from catalog.areas.tables import AoiRow
from catalog.datasets import places
from catalog.datasets.archive import archive
from catalog.datasets.fence import Claim, Pulse
from catalog.datasets.patience import patiently
from catalog.datasets.ports import BuildFailed, TryLater
from catalog.datasets.tools import BuildTools
from catalog.stac.facts import DatasetFacts, StoredFile
from contracts.catalog.datasets import BuildDataset
from imagery import BadTemplate, NoTiles, TooManyTiles, chip_name, download, intersecting, source_of
from kit.errors import Unprocessable
from kit.jobs import JobContext
from kit.outbound import OutboundError


@dataclass
class Build:
    """One build under way."""

    claim: Claim
    request: BuildDataset
    areas: list[shapely.Polygon]
    tools: BuildTools
    pulse: Pulse
    last: bool

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


async def areas_of(dataset_id: int, context: JobContext) -> list[shapely.Polygon]:
    async with context.read() as read:
        rows = await read.session.scalars(
            select(AoiRow.geom).where(AoiRow.dataset_id == dataset_id).order_by(AoiRow.id)
        )
        areas = [to_shape(geom) for geom in rows.all()]
    if not areas:
        raise BuildFailed("The dataset has no area of interest.")
    return areas  # type: ignore[return-value]


async def make_chips(build: Build) -> list[str]:
    """Keys of all chips. Those that are there from an earlier delivery are not fetched again; strays go."""
    storage, folder = build.tools.storage, places.chips(build.stac_id)
    tiles = _tiles(build)
    wanted = {folder + chip_name(tile) for tile in tiles}
    there = set(await patiently(lambda: storage.keys(folder), build.tools.patience))
    await patiently(lambda: storage.remove(sorted(there - wanted)), build.tools.patience)
    missing = [tile for tile in tiles if folder + chip_name(tile) not in there]
    kept = sorted(wanted & there)
    return sorted([*kept, *(await _fetch(build, missing, len(kept), len(tiles)) if missing else [])])


def _tiles(build: Build) -> list:
    try:
        return intersecting(shapely.union_all(build.areas), build.request.zoom, build.tools.max_tiles)
    except TooManyTiles as problem:
        raise BuildFailed(str(problem)) from problem


async def _fetch(build: Build, tiles: list, kept: int, total: int) -> list[str]:
    tools, folder = build.tools, places.chips(build.stac_id)

    async def save(name: str, content: bytes) -> None:
        await patiently(lambda: tools.storage.put(folder + name, content, "image/tiff"), tools.patience)

    async def progress(done: int, _: int) -> None:
        await build.pulse.at("chips", kept + done, total)

    try:
        template = await patiently(lambda: source_of(build.request.source_imagery, tools.outbound), tools.patience)
        result = await download(tiles, template, tools.outbound, save, progress)
    except (BadTemplate, OutboundError) as problem:
        raise BuildFailed(f"The imagery cannot be used. {problem}") from problem
    except NoTiles as problem:
        if kept and not problem.transient:
            return []
        raise (TryLater if problem.transient else BuildFailed)(str(problem)) from problem
    if result.transient and not build.last:
        raise TryLater("Some tiles of the imagery could not be fetched.")
    return [folder + name for name in result.saved]


async def make_archive(build: Build, chips: list[str], drawn: dict[str, bytes]) -> StoredFile:
    """`drawn`: GeoJSON files by name."""

    async def progress(done: int, total: int) -> None:
        await build.pulse.at("archive", done, total)

    await build.pulse.beat()
    key, storage = places.archive(build.stac_id), build.tools.storage
    size, digest = await patiently(lambda: archive(storage, chips, drawn, key, progress), build.tools.patience)
    return StoredFile(storage.uri(key), size, digest)


async def register(build: Build, username: str, chip_count: int, labels: bytes, download: StoredFile) -> None:
    from catalog.stac.registry import register_dataset

    await build.pulse.beat()
    await build.pulse.at("register", 0, 1)
    facts = _facts(build, username, chip_count, labels, download)
    try:
        await patiently(lambda: register_dataset(facts, build.tools.stac), build.tools.patience)
    except Unprocessable as problem:
        raise BuildFailed(f"The catalogue refused the dataset. {problem}") from problem
    await build.pulse.at("register", 1, 1)


def _facts(build: Build, username: str, chip_count: int, labels: bytes, download: StoredFile) -> DatasetFacts:
    row, request, storage = build.claim.row, build.request, build.tools.storage
    union = shapely.union_all(build.areas)
    whole = union if isinstance(union, shapely.MultiPolygon) else shapely.MultiPolygon([union])  # type: ignore[list-item]
    label_file = StoredFile(storage.uri(places.labels(row.stac_id)), len(labels), hashlib.sha256(labels).hexdigest())
    entries: list[dict[str, Any]] = [entry.model_dump(mode="json") for entry in request.label_classes]
    return DatasetFacts(
        stac_id=row.stac_id, title=row.title, description=request.description, user_id=row.user_id,
        username=username or str(row.user_id), source_imagery=request.source_imagery, classes=entries,
        tasks=list(request.label_tasks), keywords=request.keywords, label_type=request.label_type,
        geometry_type=request.geometry_type, aoi=orjson.loads(shapely.to_geojson(whole)), bbox=whole.bounds,
        chip_count=chip_count, chips=StoredFile(storage.uri(places.chips(row.stac_id))), labels=label_file,
        download=download, offset=build.offset,
    )  # fmt: skip
