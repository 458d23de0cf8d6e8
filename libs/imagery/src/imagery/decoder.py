"""The child process that turns pictures into GeoTIFF, replaced when it hangs or dies."""

import asyncio
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from types import TracebackType

from morecantile import Tile

from imagery.geotiff import BadTile, geotiff, limit_child, warm

PATIENCE = 20.0
START = 90.0


class Decoder:
    """One tile at a time, so that the limit counts for that tile alone and its end harms no other."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> "Decoder":
        return self

    async def __aexit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end()

    async def geotiff(self, content: bytes, tile: Tile) -> bytes:
        """BadTile when the picture is not one, or when reading it costs the child its life."""
        async with self._turn:
            pool = self._pool or await self._start()
            work = asyncio.get_running_loop().run_in_executor(pool, geotiff, content, tile)
            try:
                return await asyncio.wait_for(work, PATIENCE)
            except (TimeoutError, BrokenProcessPool, MemoryError) as error:
                self._end()
                raise BadTile("A tile could not be decoded within limits.") from error

    async def _start(self) -> ProcessPoolExecutor:
        """With everything imported; on a busy machine that takes longer than any tile may."""
        self._pool = ProcessPoolExecutor(1, mp_context=get_context("forkserver"), initializer=limit_child)
        await asyncio.wait_for(asyncio.get_running_loop().run_in_executor(self._pool, warm), START)
        return self._pool

    def _end(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            for process in list((pool._processes or {}).values()):
                process.kill()
            pool.shutdown(wait=False, cancel_futures=True)
