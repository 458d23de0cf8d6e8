"""Rows that are due, of whichever kind, go to the workers again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

import psycopg
from sqlalchemy import TextClause
from sqlalchemy.exc import DBAPIError

from contracts.base import Job
from kit.app import Service
from kit.errors import Unavailable

POLL_INTERVAL = 2.0
LEASE = timedelta(seconds=30)
"""A job that was lost is given out again after so long."""
ERRORS = (DBAPIError, psycopg.Error, Unavailable, OSError)


async def run_periodically(what: Callable[[Service], Awaitable[object]], service: Service, pause: float) -> None:
    """For ever: after each pause, or at the next look while `what` says that there may be more."""
    log, more = logging.getLogger(what.__module__), False
    while True:
        await asyncio.sleep(POLL_INTERVAL if more else pause)
        try:
            more = bool(await what(service))
        except ERRORS as error:
            log.warning("loop.failed", extra={"fields": {"what": what.__name__, "reason": repr(error)}})


async def dispatch(service: Service, claim: TextClause, job: Callable[[int], Job]) -> int:
    """How many. `claim` moves what is due by a lease and returns the ids, so that two processes never take the same."""
    async with service.tx() as tx:
        due = (await tx.session.execute(claim)).scalars().all()
        for row_id in due:
            tx.emit(job(row_id))
    return len(due)
