"""Many tiles at once, each tried again when its server stumbles; some may stay away, not all."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from morecantile import Tile

from imagery.decoder import Decoder
from imagery.geotiff import BadTile
from imagery.template import Template
from imagery.tiles import chip_name
from kit.outbound import IMAGE, Outbound, OutboundError

WORKERS = 8
TRIES = 3
PAUSES = (0.5, 2.0)
Save = Callable[[str, bytes], Awaitable[None]]
Progress = Callable[[int, int], Awaitable[None]]


class NoTiles(Exception):
    """Not one tile could be had; the text is the most frequent reason. `transient`: worth another try later."""

    def __init__(self, reasons: Counter[str], transient: bool) -> None:
        words = reasons.most_common(1)[0][0] if reasons else "The area has no tiles."
        super().__init__(f"No imagery could be downloaded. {words}")
        self.transient = transient


@dataclass
class Downloaded:
    """Names of chips that were saved, and why others were not."""

    saved: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    transient: int = 0
    """Failures of the network or the server, not of the tile."""


async def download(
    tiles: Sequence[Tile], template: Template, outbound: Outbound, save: Save, progress: Progress | None = None
) -> Downloaded:
    """Fetches each tile, writes it as GeoTIFF and gives it to `save(name, content)`; the first error of `save` or
    `progress` ends everything and is raised.

    `progress(done, total)` after each tile. NoTiles when none succeeded. The outbound client keeps to its own limit of
    requests per host.
    """
    result, waiting = Downloaded(), list(reversed(tiles))
    try:
        async with Decoder() as decoder, asyncio.TaskGroup() as group:
            for _ in range(min(WORKERS, len(tiles))):
                group.create_task(_work(waiting, len(tiles), template, outbound, decoder, save, progress, result))
    except ExceptionGroup as several:
        raise several.exceptions[0] from several
    if not result.saved:
        raise NoTiles(Counter(result.failed.values()), bool(result.transient))
    return result


async def _work(
    waiting: list[Tile], total: int, template: Template, outbound: Outbound, decoder: Decoder, save: Save,
    progress: Progress | None, result: Downloaded,
) -> None:  # fmt: skip
    while waiting:
        tile = waiting.pop()
        name = chip_name(tile)
        try:
            content = await decoder.geotiff(await _fetched(template.url(tile), outbound), tile)
        except (OutboundError, BadTile) as error:
            result.failed[name] = str(error)
            result.transient += isinstance(error, OutboundError) and error.transient
        else:
            await save(name, content)
            result.saved.append(name)
        if progress:
            await progress(len(result.saved) + len(result.failed), total)


async def _fetched(url: str, outbound: Outbound) -> bytes:
    for pause in PAUSES:
        try:
            return (await outbound.get(url, IMAGE)).content
        except OutboundError as error:
            if not error.transient:
                raise
        await asyncio.sleep(pause * random.uniform(0.8, 1.2))
    return (await outbound.get(url, IMAGE)).content
