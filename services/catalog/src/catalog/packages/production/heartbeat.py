"""Signs of life of a worker that takes bulk jobs, for readiness: one row, written every few seconds."""

import asyncio
import os
import socket
from contextlib import suppress
from datetime import timedelta

from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert

from catalog.packages.packages.tables import WorkerHeartbeatRow as Row
from kit.app import Service

INTERVAL = 5.0
DEAD = timedelta(minutes=10)
"""Rows of workers that were killed go after so long."""


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
                await session.execute(delete(Row).where(Row.worker == worker))


async def _beat(worker: str, service: Service) -> None:
    row = insert(Row).values(worker=worker, beat_at=func.now())
    async with service.db.session() as session, session.begin():
        await session.execute(row.on_conflict_do_update(index_elements=["worker"], set_={"beat_at": func.now()}))
        await session.execute(delete(Row).where(Row.beat_at < func.now() - DEAD))
