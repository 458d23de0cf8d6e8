"""Removes what was uploaded and is not needed any more."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from catalog.labelstore.files import LabelFiles
from kit.app import Service

log = logging.getLogger("catalog.labelstore")
INTERVAL = 3600.0
Sweep = Callable[[Service, LabelFiles], Awaitable[int]]


def since(files: LabelFiles) -> datetime:
    """Returns a time after whose grants files may still come: grants end `upload_days` after they were given."""
    return datetime.now(UTC) - timedelta(days=files.settings.upload_days + 1)


def sweeper(files: LabelFiles, *sweeps: Sweep):
    """Runs each sweep once an hour; they return the number of files that they removed."""

    async def run(service: Service) -> None:
        while True:
            await asyncio.sleep(INTERVAL)
            for sweep in sweeps:
                await _tried(sweep, service, files)

    return run


async def _tried(sweep: Sweep, service: Service, files: LabelFiles) -> None:
    try:
        if count := await sweep(service, files):
            log.info("uploads.swept", extra={"fields": {"sweep": sweep.__name__, "files": count}})
    except Exception as error:
        log.warning("uploads.sweep_failed", extra={"fields": {"sweep": sweep.__name__, "reason": repr(error)}})
