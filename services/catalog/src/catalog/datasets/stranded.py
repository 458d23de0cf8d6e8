"""Builds whose last worker died without a word: nobody will deliver them again, so their owners are told."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from catalog.datasets.tables import DatasetRow
from contracts.catalog.datasets import DatasetBuildFailed
from kit.jobs import LAST
from kit.messaging.tx import Tx

if TYPE_CHECKING:
    from kit.app import Service

log = logging.getLogger("catalog.datasets")
EVERY = 30.0
SILENCE = timedelta(minutes=5)
"""Far beyond the pause between two signs of life, waiting for neighbours included."""
REASON = "The build was interrupted several times. Start it again."


async def stranded_builds(service: "Service") -> None:
    """A loop of the service. Several replicas may run it: each row is locked, and failed once."""
    while True:
        try:
            if await fail_stranded(service):
                service.relay.wake()
        except Exception as error:
            log.warning("builds.not_swept", extra={"facts": {"reason": type(error).__name__}})
        await asyncio.sleep(EVERY)


async def fail_stranded(service: "Service") -> int:
    """How many builds were given up."""
    tx = Tx(service.db, service.name)
    silent = (
        select(DatasetRow)
        .where(DatasetRow.status == "building", DatasetRow.delivery >= LAST)
        .where(DatasetRow.beat_at < datetime.now(UTC) - SILENCE)
        .with_for_update(skip_locked=True)
    )
    try:
        rows = (await tx.session.scalars(silent)).all()
        for row in rows:
            row.status, row.error, row.last_modified = "failed", REASON, datetime.now(UTC)
            tx.emit(
                DatasetBuildFailed(
                    dataset_id=row.id, stac_id=row.stac_id, user_id=row.user_id, title=row.title, reason=REASON
                )
            )
        await tx.commit()
        return len(rows)
    finally:
        await tx.close()
