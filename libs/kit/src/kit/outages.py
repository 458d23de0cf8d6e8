"""Decides which errors mean that a server of the deployment is away. Such work is done later, however long the outage
lasts; it has not failed and uses up no attempt."""

import math
from collections.abc import Awaitable, Callable
from typing import TypeVar

import psycopg
from nats.errors import ConnectionClosedError, NoRespondersError, NoServersError, OutboundBufferLimitError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.errors import ServiceUnavailableError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from kit.db.group_commit import TRANSIENT
from kit.errors import Misconfigured, Unavailable
from kit.retry import retry_transient

T = TypeVar("T")
DATABASE = (*TRANSIENT, psycopg.InterfaceError, PoolTimeoutError)
BUS = (
    ConnectionClosedError, NoRespondersError, NoServersError, OutboundBufferLimitError, NatsTimeoutError,
    ServiceUnavailableError,
)  # fmt: skip
MAX_PAUSE = 1.0
"""Seconds between two tries to reach the service's own database."""


def is_outage(error: BaseException) -> bool:
    """Whether the error means that a server is away. An error of a library that does not depend on kit says so by a
    true attribute `outage`. A group is an outage when all its errors are."""
    if isinstance(error, BaseExceptionGroup):
        return all(map(is_outage, error.exceptions))
    if isinstance(error, Misconfigured):
        return False
    away = is_database_away(error) or isinstance(error, (*BUS, Unavailable, ConnectionError))
    return away or getattr(error, "outage", False)


def is_database_away(error: BaseException) -> bool:
    """Whether the error means that the service's own database does not answer or has no free connection."""
    original = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(original, DATABASE) or getattr(original, "code", "") == "database_busy"


def is_database_full(error: BaseException) -> bool:
    """Whether the error means that the disk of the database is full."""
    original = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(original, psycopg.errors.DiskFull)


async def until_database_answers(call: Callable[[], Awaitable[T]]) -> T:
    """Returns the result of the first call that the service's own database answers, however long it is away. Raises
    every other error at once."""
    return await retry_transient(call, math.inf, is_database_away, max_pause=MAX_PAUSE)


def describe_outage(error: BaseException) -> str:
    """Returns a sentence that names what is away, for users who wait."""
    if is_database_full(error):
        return "The disk of the database is full."
    if is_database_away(error):
        return "The database is not reachable."
    if isinstance(error, BUS):
        return "The message bus is not reachable."
    return str(error) or "A server of the platform is not reachable."
