"""The imagery of a prediction, in our own storage, where the pipeline reads it."""

import asyncio

from contracts.shared import Outcome
from imagery import BadTemplate, NoTiles, chip_name, download, intersecting, resolve_template, tile_label
from kit.http.outbound import OutboundError
from kit.retry import OnFailure
from prediction.runs.domain import Region
from prediction.runs.jobs.context import Progress, WorkerContext
from prediction.runs.jobs.errors import RetryLater, RunFailed
from prediction.runs.tables import PredictionRow

MAX_TILES = 1_000_000
"""Never reached: the submission was counted against the real limit."""


def input_key(prediction_id: int) -> str:
    return f"predict/{prediction_id}/input"


async def stage(
    row: PredictionRow,
    region: Region,
    context: WorkerContext,
    progress: Progress,
    last: bool,
    on_failure: OnFailure | None = None,
) -> Outcome:
    """What became of the tiles that the area touches; at least one is there in the end. What is in storage already is
    not fetched again. Later for tiles that another delivery may get; the last one goes on without them."""
    tiles = await asyncio.to_thread(intersecting, region, row.zoom, MAX_TILES)
    folder = input_key(row.id)
    kept = await context.retry_transient(lambda: context.storage.keys(f"{folder}/"), on_failure)
    there = {key.rpartition("/")[2] for key in kept}
    missing = [tile for tile in tiles if chip_name(tile) not in there]
    had = len(tiles) - len(missing)

    async def save(name: str, content: bytes) -> None:
        key = f"{folder}/{name}"
        await context.retry_transient(lambda: context.storage.put(key, content, "image/tiff"), on_failure)

    async def report(done: int, _: int) -> None:
        await progress("staging", had + done, len(tiles))

    try:
        failed = await _fetch(missing, row, context, save, report, last)
    except (NoTiles, OutboundError, BadTemplate) as problem:
        failed = _without(missing, problem, bool(had), last)
    reasons = [(failed[name], tile_label(tile)) for tile in missing if (name := chip_name(tile)) in failed]
    return Outcome.of(len(tiles) - len(reasons), reasons)


async def _fetch(missing: list, row: PredictionRow, context: WorkerContext, save, report, last: bool) -> dict[str, str]:
    """Reasons by names of chips that could not be had."""
    if not missing:
        return {}
    template = await resolve_template(row.image_uri, context.outbound, row.zoom)
    result = await download(missing, template, context.outbound, save, report)
    if result.transient and not last:
        raise RetryLater("Some tiles of the imagery could not be fetched.", result.retry_after)
    return result.failed


def _without(missing: list, problem: Exception, had: bool, last: bool) -> dict[str, str]:
    """Reasons by names of chips, when none of those that are missing can be had."""
    if getattr(problem, "transient", False) and not (had and last):
        raise RetryLater.after(problem) from problem
    if not had:
        raise RunFailed(str(problem)) from problem
    return problem.failed if isinstance(problem, NoTiles) else dict.fromkeys(map(chip_name, missing), str(problem))
