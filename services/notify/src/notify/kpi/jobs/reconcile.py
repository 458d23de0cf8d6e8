"""The copies are compared with their owners: when the service starts for the first time, and once a day."""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from contracts.base import Query
from contracts.catalog.models import ListLocalModelSummaries
from contracts.gateway import ListUserSummaries
from contracts.prediction.feedback import ListFeedbackSummaries
from contracts.shared import SnapshotPage
from kit.app import Service
from kit.errors import DomainError
from notify.projections.statements import FEEDBACK, MODELS, USERS, Projection

log = logging.getLogger("notify.kpi")
INTERVAL = timedelta(days=1)
CHECK_INTERVAL, RETRY_INTERVAL = 600.0, 2.0
LOCK = 0x0FA1_0013
ANSWER_TIMEOUT = 10.0
TABLES: tuple[tuple[type[Query], Projection], ...] = (
    (ListUserSummaries, USERS), (ListLocalModelSummaries, MODELS), (ListFeedbackSummaries, FEEDBACK),
)  # fmt: skip
_IS_FRESH = "select 1 from kpi where healed_at > now() - %s"
_MARK_DELETED = (
    text("update known_models set previous = status, status = null where status is not null and as_of < :since"),
    text("update known_feedback set previous = action, action = null where action is not null and as_of < :since"),
)
_COUNT = text("""
update kpi set healed_at = now(), users = (select count(*) from known_users),
  models = (select count(*) from known_models where status = 'active'),
  feedback = (select count(*) from known_feedback where action is not null),
  accepted = (select count(*) from known_feedback where action = 'accept')""")
ERRORS = (DomainError, DBAPIError, psycopg.Error, OSError)


async def reconcile_forever(service: Service) -> None:
    """A loop of the service. Before the first time nobody is told a number, so an owner that is away is soon asked
    again."""
    while True:
        try:
            pause = CHECK_INTERVAL if await reconcile_if_due(service) else RETRY_INTERVAL
        except ERRORS as error:
            log.warning("kpi.not_healed", extra={"fields": {"reason": str(error)}})
            pause = RETRY_INTERVAL
        await asyncio.sleep(pause)


async def reconcile_if_due(service: Service) -> bool:
    """False while another process is at it."""
    async with service.db.raw() as connection:
        if await _any_row(connection, _IS_FRESH, INTERVAL):
            return True
        if not await _any_row(connection, "select 1 where pg_try_advisory_lock(%s)", LOCK):
            return False
        try:
            await reconcile(service)
        finally:
            await connection.execute("select pg_advisory_unlock(%s)", (LOCK,))
    return True


async def reconcile(service: Service) -> None:
    since = [await _copy(service, query, projection) for query, projection in TABLES]
    async with service.tx() as tx:
        for statement, moment in zip(_MARK_DELETED, since[1:], strict=True):
            await tx.session.execute(statement, {"since": moment})
        # Whoever counts waits for this row, so nothing is missed between here and the sums.
        await tx.session.execute(text("select 1 from kpi for update"))
        await tx.session.execute(_COUNT)


async def _copy(service: Service, query: Callable[..., Query], projection: Projection):
    """When the first portion was read. Each is a transaction of its own: events wait for none of them."""
    first, portion = None, await _ask(service, query())
    while portion.rows:
        first = first or portion.as_of
        async with service.tx() as tx:
            tx.write(*projection.fragments(portion.rows, portion.as_of))
        portion = await _ask(service, query(after=portion.rows[-1]["id"]))
    return first or portion.as_of


async def _ask(service: Service, query: Query) -> SnapshotPage:
    return SnapshotPage.model_validate_json(await service.bus.ask(query, wait=ANSWER_TIMEOUT))


async def _any_row(connection: psycopg.AsyncConnection, sql, *values: object) -> bool:
    return bool((await connection.execute(sql, values)).rowcount)
