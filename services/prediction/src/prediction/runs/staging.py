"""The imagery of a prediction, in our own storage, where the pipeline reads it."""

import asyncio

from imagery import BadTemplate, NoTiles, chip_name, download, source_of, within
from kit.outbound import OutboundError
from prediction.runs.domain import Region
from prediction.runs.ports import Failed, Later, Progress, Tools
from prediction.runs.tables import PredictionRow

MOST_TILES = 1_000_000
"""Never reached: the submission was counted against the real limit."""


def input_key(prediction_id: int) -> str:
    return f"predict/{prediction_id}/input"


async def stage(row: PredictionRow, region: Region, tools: Tools, progress: Progress) -> int:
    """How many tiles are there in the end, at least one. What is in storage already is not fetched again."""
    tiles = await asyncio.to_thread(within, region, row.zoom, MOST_TILES)
    folder = input_key(row.id)
    there = {key.rpartition("/")[2] for key in await tools.patiently(lambda: tools.storage.keys(f"{folder}/"))}
    missing = [tile for tile in tiles if chip_name(tile) not in there]
    had = len(tiles) - len(missing)

    async def save(name: str, content: bytes) -> None:
        await tools.patiently(lambda: tools.storage.put(f"{folder}/{name}", content, "image/tiff"))

    async def told(done: int, _: int) -> None:
        await progress("staging", had + done, len(tiles))

    try:
        saved = await _fetched(missing, row.image_uri, tools, save, told)
    except (NoTiles, OutboundError, BadTemplate) as problem:
        if not had:
            raise (Later if getattr(problem, "transient", False) else Failed)(str(problem)) from problem
        saved = 0
    return had + saved


async def _fetched(missing: list, image_uri: str, tools: Tools, save, told) -> int:
    if not missing:
        return 0
    template = await source_of(image_uri, tools.outbound)
    return len((await download(missing, template, tools.outbound, save, told)).saved)
