"""A child process that converts images to GeoTIFF; it is replaced when it hangs or dies."""

from types import TracebackType
from typing import TYPE_CHECKING

from imagery.geotiff import MEMORY, BadTile, geotiff, prepare_child
from kit.process.subprocess_errors import SubprocessError
from kit.process.subprocesses import WarmSubprocess

if TYPE_CHECKING:
    from morecantile import Tile

DECODE_TIMEOUT = 20.0
"""Seconds."""


class Decoder:
    """Decodes one tile at a time, so that a time limit or crash affects that tile only. A context manager."""

    def __init__(self) -> None:
        self._child = WarmSubprocess(prepare_child, memory=MEMORY)

    async def __aenter__(self) -> "Decoder":
        return self

    async def __aexit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._child.stop()

    async def geotiff(self, content: bytes, tile: "Tile") -> bytes:
        """Returns the GeoTIFF of `imagery.geotiff.geotiff`.

        Raises BadTile for an invalid image, and when the child hangs or dies while it decodes it.
        """
        try:
            return await self._child.run(geotiff, content, tile, timeout=DECODE_TIMEOUT)
        except SubprocessError as error:
            raise BadTile("A tile could not be decoded within limits.") from error
