"""Concurrent download of tiles, with retries; single tiles may fail, but not all."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from contracts.imagery import Template
from imagery.decoder import Decoder
from imagery.geotiff import BadTile
from imagery.throttle import ServerUnavailable, Throttle
from imagery.tiles import chip_name
from kit.http.outbound import Outbound, OutboundError

if TYPE_CHECKING:
    from morecantile import Tile

WORKERS = 8
TILE_NOT_FOUND = "The imagery has no tile here"
EMPTY_TILE = "The imagery has no picture here."
Save = Callable[[str, bytes], Awaitable[None]]
Progress = Callable[[int, int], Awaitable[None]]


class NoTiles(Exception):
    """All tiles failed; the text is the most frequent reason. `failed` holds the reasons by chip name.

    `transient`: another attempt may succeed, not before `retry_after` seconds.
    """

    def __init__(self, failed: dict[str, str], transient: bool, retry_after: float = 0.0) -> None:
        words = Counter(failed.values()).most_common(1)[0][0] if failed else "The area has no tiles."
        super().__init__(f"No imagery could be downloaded. {words}")
        self.failed, self.transient, self.retry_after = failed, transient, retry_after


@dataclass
class DownloadResult:
    """The names of saved chips, and the reasons of failures by chip name."""

    saved: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    transient: int = 0
    """Number of failures of the network or the server, not of the tile."""
    retry_after: float = 0.0
    """Seconds until the server may be asked again."""

    def fail(self, name: str, error: OutboundError | BadTile | ServerUnavailable) -> None:
        if isinstance(error, ServerUnavailable):
            self.retry_after, error = error.pause, error.error
        self.failed[name] = _reason(error)
        self.transient += isinstance(error, OutboundError) and error.transient


async def download(
    tiles: "Sequence[Tile]", template: Template, outbound: Outbound, save: Save, progress: Progress | None = None
) -> DownloadResult:
    """Downloads tiles as GeoTIFF chips (EPSG:3857) and passes each to `save(name, content)`.

    `progress(done, total)` is called after each tile. The outbound client limits the requests per host. The download
    pauses as long as the server asks for; a server that asks for a long pause or does not answer ends the download, and
    the remaining tiles have failed.
    Returns what was saved and what failed. Raises NoTiles when no tile succeeded, and the first error of `save` or
    `progress`.
    """
    result, waiting, throttle = DownloadResult(), list(reversed(tiles)), Throttle(outbound)
    try:
        async with Decoder() as decoder, asyncio.TaskGroup() as group:
            for _ in range(min(WORKERS, len(tiles))):
                group.create_task(_work(waiting, len(tiles), template, throttle, decoder, save, progress, result))
    except ExceptionGroup as several:
        raise several.exceptions[0] from several
    if not result.saved:
        raise NoTiles(result.failed, bool(result.transient), result.retry_after)
    return result


async def _work(
    waiting: "list[Tile]", total: int, template: Template, throttle: Throttle, decoder: Decoder, save: Save,
    progress: Progress | None, result: DownloadResult,
) -> None:  # fmt: skip
    while waiting:
        tile = waiting.pop()
        name = chip_name(tile)
        try:
            content = await decoder.geotiff(await throttle.get(template.url(tile)), tile)
        except (OutboundError, BadTile, ServerUnavailable) as error:
            result.fail(name, error)
        else:
            await save(name, content)
            result.saved.append(name)
        if progress:
            await progress(len(result.saved) + len(result.failed), total)


def _reason(error: OutboundError | BadTile) -> str:
    """The reason for a mapper."""
    if isinstance(error, OutboundError) and error.status in (404, 410):
        return f"{TILE_NOT_FOUND} (HTTP {error.status})."
    return EMPTY_TILE if isinstance(error, OutboundError) and error.code == "empty" else str(error)
