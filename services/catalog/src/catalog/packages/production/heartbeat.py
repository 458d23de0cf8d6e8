"""Signs of life of a worker that takes bulk jobs, for readiness: one row, written every few seconds."""

import asyncio
import logging
import os
import socket
from contextlib import suppress

from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert

from catalog.packages.packages.tables import WorkerHeartbeatRow
from kit.app import Service

log = logging.getLogger("catalog.packages")
INTERVAL = 5.0


async def keep_beating(service: Service) -> None:
    """A loop of the worker; never returns. Deletes its row at the end."""
    worker = f"{socket.gethostname()}-{os.getpid()}"
    try:
        while True:
            with suppress(Exception):  # the next beat tries again
                await _beat(worker, service)
            await asyncio.sleep(INTERVAL)
    finally:
        with suppress(Exception):
            async with service.db.session() as session, session.begin():
                await session.execute(delete(WorkerHeartbeatRow).where(WorkerHeartbeatRow.worker == worker))


async def _beat(worker: str, service: Service) -> None:
    now = func.now()
    row = insert(WorkerHeartbeatRow).values(worker=worker, beat_at=now)
    async with service.db.session() as session, session.begin():
        await session.execute(row.on_conflict_do_update(index_elements=["worker"], set_={"beat_at": now}))
