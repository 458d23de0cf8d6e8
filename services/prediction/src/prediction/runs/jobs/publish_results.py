"""From the output of a completed run to the files that people load."""

import asyncio
import tempfile
from dataclasses import dataclass
from html import escape
from pathlib import Path

from contracts.catalog.models import ModelSummary
from contracts.shared import Outcome
from kit.errors import NotFound
from kit.process.subprocess_errors import SubprocessError, SubprocessTimeout
from kit.process.subprocesses import run_in_subprocess
from kit.retry import OnFailure
from kit.vector_tiles import MEDIA_TYPE, Caption
from osm.raw_data import RawDataError
from osm.snapshot import BadSnapshot
from pipelines.port import ArtifactNotFound
from pipelines.process_usage import ProcessUsage
from prediction.results.addresses import output_folder
from prediction.results.domain import Contradiction
from prediction.results.osm import select_features
from prediction.results.progress_file import ProgressFile
from prediction.results.write_files import ExpectedOutput, Task, WrittenFiles, write_files
from prediction.runs.domain import Region, geojson
from prediction.runs.jobs.context import Progress, WorkerContext
from prediction.runs.jobs.errors import RetryLater, RunFailed
from prediction.runs.tables import PredictionRow

MEDIA = {
    ".geojson": "application/geo+json",
    ".fgb": "application/vnd.flatgeobuf",
    ".pmtiles": MEDIA_TYPE,
}
WRITE_TIMEOUT = 1700.0
POLL_INTERVAL = 0.3
DOWNLOADED, MADE = 5, 90
"""Per cent of the work that is done by then."""


DIED = "The results could not be written: the process that writes them ended unexpectedly."
SLOW = "The results could not be written in time."


@dataclass(frozen=True)
class PublishedResults:
    """What became of the features, and what it took to write the files and keeps them."""

    outcome: Outcome
    usage: ProcessUsage
    stored_bytes: int


async def publish_results(
    row: PredictionRow, place: Region, context: WorkerContext, progress: Progress, on_failure: OnFailure | None = None
) -> PublishedResults:
    """Safe to repeat: the same run gives the same files under the same keys. Progress is
    told in per cent."""
    await progress("results", 0, 100)
    context.work_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"results-{row.id}-", dir=context.work_dir) as folder:
        raw = Path(folder) / "raw.json"
        await context.retry_transient(lambda: _download(row, context, raw), on_failure)
        mapped = await context.retry_transient(lambda: _mapped_features(row, place, context), on_failure)
        made = await _write_files(_task(raw, place, mapped, row, context), progress)
        size = sum(path.stat().st_size for path in made.files)
        for number, path in enumerate(made.files, 1):
            await context.retry_transient(lambda it=path: _upload(row, context, it), on_failure)
            await progress("results", MADE + (100 - MADE) * number // len(made.files), 100)
    return PublishedResults(made.outcome, made.usage, size)


async def _download(row: PredictionRow, context: WorkerContext, target: Path) -> None:
    try:
        artifact = await context.server.pipelines.artifact(row.run_id or "", "predictions")
    except ArtifactNotFound as problem:
        raise RunFailed("The model made no predictions.") from problem
    if artifact.file is None:
        raise RunFailed("The model's output is no GeoJSON FeatureCollection.")
    try:
        await context.storage.download_from(artifact.file, str(target))
    except NotFound as problem:
        raise RunFailed("The model's output is not there any more.") from problem


async def _upload(row: PredictionRow, context: WorkerContext, file: Path) -> None:
    await context.storage.upload(str(file), f"{output_folder(row.id)}/{file.name}", MEDIA[file.suffix])


async def _mapped_features(row: PredictionRow, place: Region, context: WorkerContext) -> bytes | None:
    """An archive of what OpenStreetMap has there; None when nobody wants to know, or when what the model finds is not
    mapped there."""
    asked = select_features(ModelSummary.model_validate(row.facts).keywords) if row.remove_osm else None
    if asked is None:
        return None
    kind, filters = asked
    try:
        return await context.osm.snapshot(geojson(place), filters, kind)
    except RawDataError as problem:
        raise (RetryLater.after(problem) if problem.transient else RunFailed(str(problem))) from problem


def _task(raw: Path, place: Region, mapped: bytes | None, row: PredictionRow, context: WorkerContext) -> Task:
    facts = ModelSummary.model_validate(row.facts)
    return Task(
        raw, ExpectedOutput(facts.keywords, facts.output_properties), place, mapped, context.zooms, _caption(row, facts)
    )


def _caption(row: PredictionRow, facts: ModelSummary) -> Caption:
    """Viewers show the attribution as HTML."""
    return Caption(
        name=f"Prediction {row.id}", description=row.description or f"Features found by {facts.name}.",
        attribution=escape(f"Predicted by {facts.name}"),
    )  # fmt: skip


async def _write_files(task: Task, progress: Progress) -> WrittenFiles:
    """A child that dies would die again: this is a reason, not another try."""
    progress_file = ProgressFile(task.raw.with_name("progress"))
    following = asyncio.create_task(_follow(progress_file, progress))
    try:
        return await run_in_subprocess(write_files, task, progress_file, timeout=WRITE_TIMEOUT)
    except (Contradiction, BadSnapshot) as problem:
        raise RunFailed(str(problem)) from problem
    except SubprocessTimeout as problem:
        raise RunFailed(SLOW) from problem
    except SubprocessError as problem:
        raise RunFailed(DIED) from problem
    finally:
        following.cancel()


async def _follow(progress_file: ProgressFile, progress: Progress) -> None:
    while True:
        await asyncio.sleep(POLL_INTERVAL)
        await progress("results", DOWNLOADED + int((MADE - DOWNLOADED) * progress_file.read()), 100)
