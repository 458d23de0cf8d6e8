"""Signs of life of a worker that takes bulk jobs, for readiness: one row, written every few seconds."""

import asyncio
import os
import socket
from contextlib import suppress

from sqlalchemy import column, delete, func, table
from sqlalchemy.dialects.postgresql import insert

from kit.app import Service

INTERVAL = 5.0
beats = table("worker_heartbeats", column("worker"), column("beat_at"), schema="packages")


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
                await session.execute(delete(beats).where(beats.c.worker == worker))


async def _beat(worker: str, service: Service) -> None:
    row = insert(beats).values(worker=worker, beat_at=func.now())
    async with service.db.session() as session, session.begin():
        await session.execute(row.on_conflict_do_update(index_elements=["worker"], set_={"beat_at": func.now()}))
