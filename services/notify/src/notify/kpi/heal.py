"""The copies are compared with their owners: when the service starts for the first time, and once a day."""

import asyncio
import logging
from datetime import timedelta

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from contracts.base import Query
from contracts.catalog.models import ListLocalModelFacts
from contracts.gateway import ListUserFacts
from contracts.prediction.feedback import ListFeedbackFacts
from contracts.shared import Portion
from kit.app import Service
from kit.errors import DomainError
from notify.kpi.projection import FEEDBACK, MODELS, USERS, Projection

log = logging.getLogger("notify.kpi")
EVERY = timedelta(days=1)
LOOK_EVERY, TRY_EVERY = 600.0, 2.0
LOCK = 0x0FA1_0013
WAIT = 10.0
TABLES: tuple[tuple[type[Query], Projection], ...] = (
    (ListUserFacts, USERS), (ListLocalModelFacts, MODELS), (ListFeedbackFacts, FEEDBACK),
)  # fmt: skip
_FRESH = "select 1 from kpi where healed_at > now() - %s"
_GONE = (
    text("update known_models set previous = status, status = null where status is not null and as_of < :since"),
    text("update known_feedback set previous = action, action = null where action is not null and as_of < :since"),
)
_COUNT = text("""
update kpi set healed_at = now(), users = (select count(*) from known_users),
  models = (select count(*) from known_models where status = 'active'),
  feedback = (select count(*) from known_feedback where action is not null),
  accepted = (select count(*) from known_feedback where action = 'accept')""")
ERRORS = (DomainError, DBAPIError, psycopg.Error, OSError)


async def healed(service: Service) -> None:
    """A loop of the service. Before the first time nobody is told a number, so an owner that is away is soon asked
    again."""
    while True:
        try:
            pause = LOOK_EVERY if await heal_if_due(service) else TRY_EVERY
        except ERRORS as error:
            log.warning("kpi.not_healed", extra={"facts": {"reason": str(error)}})
            pause = TRY_EVERY
        await asyncio.sleep(pause)


async def heal_if_due(service: Service) -> bool:
    """False while another process is at it."""
    async with service.db.raw() as connection:
        if await _found(connection, _FRESH, EVERY):
            return True
        if not await _found(connection, "select 1 where pg_try_advisory_lock(%s)", LOCK):
            return False
        try:
            await heal(service)
        finally:
            await connection.execute("select pg_advisory_unlock(%s)", (LOCK,))
    return True


async def heal(service: Service) -> None:
    since = [await _copy(service, query, projection) for query, projection in TABLES]
    async with service.tx() as tx:
        for statement, moment in zip(_GONE, since[1:], strict=True):
            await tx.session.execute(statement, {"since": moment})
        # Whoever counts waits for this row, so nothing is missed between here and the sums.
        await tx.session.execute(text("select 1 from kpi for update"))
        await tx.session.execute(_COUNT)


async def _copy(service: Service, query: type[Query], projection: Projection):
    """When the first portion was read. Each is a transaction of its own: events wait for none of them."""
    first, portion = None, await _asked(service, query())
    while portion.rows:
        first = first or portion.as_of
        async with service.tx() as tx:
            tx.write(*projection.fragments(portion.rows, portion.as_of))
        portion = await _asked(service, query(after=portion.rows[-1]["id"]))
    return first or portion.as_of


async def _asked(service: Service, query: Query) -> Portion:
    return Portion.model_validate_json(await service.bus.ask(query, wait=WAIT))


async def _found(connection: psycopg.AsyncConnection, sql, *values: object) -> bool:
    return bool((await connection.execute(sql, values)).rowcount)
