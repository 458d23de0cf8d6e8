"""Fetches and uploads whose last worker died without a word, or whose parts never came: their owners are told."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from catalog.areas.tables import AoiRow
from catalog.labels import store

if TYPE_CHECKING:
    from kit.app import Service

log = logging.getLogger("catalog.labels")
EVERY = 60.0
SILENCE = timedelta(hours=1)
"""Far beyond what one fetch may take, waiting for neighbours and for a free worker included."""
REASON = "This was interrupted. Try it again."


async def stranded_labels(service: "Service") -> None:
    """A loop of the service. Several replicas may run it: each row is locked, and failed once."""
    while True:
        try:
            await fail_stranded(service)
        except Exception as error:
            log.warning("labels.not_swept", extra={"facts": {"reason": type(error).__name__}})
        await asyncio.sleep(EVERY)


async def fail_stranded(service: "Service") -> int:
    """How many were given up."""
    silent = select(AoiRow).where(AoiRow.label_status == 0, AoiRow.label_since < datetime.now(UTC) - SILENCE)
    async with service.tx() as tx:
        rows = (await tx.session.scalars(silent.with_for_update(skip_locked=True))).all()
        for aoi in rows:
            await store.failed(aoi, "upload" if await store.waiting(aoi.id, tx) else "osm", REASON, tx)
    return len(rows)
