"""The decoder's child may be killed at any moment: the tile is bad, the next one is decoded."""

import asyncio
import io
import os
import signal

import numpy as np
import psutil
import pytest
from morecantile import Tile
from PIL import Image

from imagery.decoder import Decoder
from imagery.geotiff import BadTile


def picture(side: int) -> bytes:
    content = io.BytesIO()
    noise = np.random.default_rng(5).integers(0, 256, (side, side, 3), np.uint8)
    Image.fromarray(noise).save(content, "PNG", compress_level=0)
    return content.getvalue()


async def test_killed_decoder_costs_one_tile():
    tile, large = Tile(3, 5, 19), picture(3000)
    async with Decoder() as decoder:
        assert await decoder.geotiff(picture(64), tile)
        servers = [one for one in psutil.Process().children() if "forkserver" in str(one.cmdline())]
        [child] = [one for server in servers for one in server.children()]
        asyncio.get_running_loop().call_later(0.005, os.kill, child.pid, signal.SIGKILL)
        with pytest.raises(BadTile, match="within limits"):
            await decoder.geotiff(large, tile)
        assert await decoder.geotiff(picture(64), tile)
