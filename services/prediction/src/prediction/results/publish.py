"""From the output of a completed run to the files that people load."""

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path

from contracts.catalog.models import ModelFacts
from imagery import RawDataError
from imagery.snapshot import BadSnapshot
from kit.child import in_child
from kit.errors import NotFound
from pipelines.port import ArtifactNotFound
from prediction.results.domain import Contradiction
from prediction.results.make import Made, Promise, make
from prediction.results.osm import wanted
from prediction.results.share import Share
from prediction.runs.domain import Region, geojson
from prediction.runs.ports import Failed, Later, Progress, Tools
from prediction.runs.queries import output_folder
from prediction.runs.tables import PredictionRow

MEDIA = {
    ".geojson": "application/geo+json",
    ".fgb": "application/vnd.flatgeobuf",
    ".pmtiles": "application/vnd.pmtiles",
}
LIMIT = 1700.0
LOOK = 0.3
DOWNLOADED, MADE = 5, 90
"""Per cent of the work that is done by then."""


@dataclass(frozen=True)
class Output:
    feature_count: int
    has_pmtiles: bool


async def publish(row: PredictionRow, place: Region, tools: Tools, progress: Progress) -> Output:
    """Safe to repeat: the same run gives the same files under the same keys. Progress is told in per cent."""
    await progress("results", 0, 100)
    tools.work_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"results-{row.id}-", dir=tools.work_dir) as folder:
        raw = Path(folder) / "raw.json"
        await tools.patiently(lambda: _download(row, tools, raw))
        mapped = await tools.patiently(lambda: _mapped(row, place, tools))
        made = await _made(raw, mapped, row, tools, progress)
        for number, path in enumerate(made.files, 1):
            await tools.patiently(lambda it=path: _upload(row, tools, it))
            await progress("results", MADE + (100 - MADE) * number // len(made.files), 100)
    return Output(made.feature_count, made.feature_count > 0)


async def _download(row: PredictionRow, tools: Tools, target: Path) -> None:
    try:
        artifact = await tools.server.pipelines.artifact(row.run_id or "", "predictions")
    except ArtifactNotFound as problem:
        raise Failed("The model made no predictions.") from problem
    if artifact.file is None:
        raise Failed("The model's output is no GeoJSON FeatureCollection.")
    try:
        await tools.storage.download_from(artifact.file, str(target))
    except NotFound as problem:
        raise Failed("The model's output is not there any more.") from problem


async def _upload(row: PredictionRow, tools: Tools, file: Path) -> None:
    await tools.storage.upload(str(file), f"{output_folder(row.id)}/{file.name}", MEDIA[file.suffix])


async def _mapped(row: PredictionRow, place: Region, tools: Tools) -> bytes | None:
    """An archive of what OpenStreetMap has there; None when nobody wants to know, or when what the model finds is not
    mapped there."""
    asked = wanted(ModelFacts.model_validate(row.facts).keywords) if row.remove_osm else None
    if asked is None:
        return None
    kind, filters = asked
    try:
        return await tools.osm.snapshot(geojson(place), filters, kind)
    except RawDataError as problem:
        raise (Later if problem.transient else Failed)(str(problem)) from problem


async def _made(raw: Path, mapped: bytes | None, row: PredictionRow, tools: Tools, progress: Progress) -> Made:
    facts, share = ModelFacts.model_validate(row.facts), Share(raw.with_name("share"))
    promise = Promise(facts.keywords, facts.output_properties)
    following = asyncio.create_task(_follow(share, progress))
    try:
        return await in_child(make, raw, promise, tools.zooms, mapped, share, timeout=LIMIT)
    except (Contradiction, BadSnapshot) as problem:
        raise Failed(str(problem)) from problem
    finally:
        following.cancel()


async def _follow(share: Share, progress: Progress) -> None:
    while True:
        await asyncio.sleep(LOOK)
        await progress("results", DOWNLOADED + int((MADE - DOWNLOADED) * share.told()), 100)
