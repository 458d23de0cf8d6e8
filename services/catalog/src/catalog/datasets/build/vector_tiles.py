"""Writes the vector tiles of a build for maps: labels and areas are a layer each."""

import logging
import tempfile
from collections.abc import Mapping
from pathlib import Path
from subprocess import CalledProcessError

from catalog.datasets import storage_keys
from catalog.datasets.build.steps import Build
from catalog.datasets.build.tile_layers import draw
from kit.process.subprocess_errors import SubprocessError
from kit.process.subprocesses import run_in_subprocess
from kit.vector_tiles import MEDIA_TYPE

log = logging.getLogger("catalog.datasets")
DRAW_TIMEOUT = 60.0
NOT_DRAWN = "The vector tiles of its areas and labels could not be written. Everything else is complete."


async def make_tiles(build: Build, layers: Mapping[str, bytes]) -> list[str]:
    """Returns notes for the mapper. A build without vector tiles succeeds. `layers`: GeoJSON by name."""
    key, storage = storage_keys.vector_tiles(build.stac_id), build.tools.storage
    await build.reporter.check()
    with tempfile.TemporaryDirectory(prefix="fairway-") as folder:
        target, about = Path(folder) / "meta.pmtiles", (build.claim.row.title, build.request.description)
        try:
            await run_in_subprocess(draw, target, layers, *about, timeout=DRAW_TIMEOUT)
        except (SubprocessError, CalledProcessError):
            log.exception("no vector tiles of %s", build.stac_id)
            return [NOT_DRAWN]
        await build.retry_transient(lambda: storage.upload(str(target), key, MEDIA_TYPE))
    return []
