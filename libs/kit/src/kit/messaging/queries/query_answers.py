"""How results and failures of queries travel."""

import logging
from typing import Any

import orjson
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from contracts import headers as h
from kit.db.database import TRANSIENT
from kit.errors import DomainError, Internal, Unavailable
from kit.messaging.bus import REFUSED
from kit.messaging.envelope import MalformedMessage
from kit.telemetry import metrics

log = logging.getLogger("kit.answers")
Answer = tuple[bytes, dict[str, str]]
"""Body and headers."""


def answer_of(result: Any) -> Answer:
    """Returns the answer for the result of a handler, which may be a DomainError."""
    return refusal_of(result) if isinstance(result, DomainError) else (_json(result), {})


def refusal_of(error: Exception) -> Answer:
    """Returns the answer for an error; logs one that is a bug."""
    refused = _explained(error).refused()
    return refused.json_text, {REFUSED: refused.kind}


def is_lost(error: BaseException) -> bool:
    """Whether the connection to the database was lost."""
    return isinstance(error.orig if isinstance(error, DBAPIError) else error, TRANSIENT)


def count_ended(headers: dict[str, str], when: str) -> None:
    """Counts a query whose caller had stopped waiting."""
    metrics.QUERIES_ENDED.labels(headers.get(h.TYPE, "unknown"), when).inc()


def _json(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    if hasattr(value, "model_dump_json"):
        return value.model_dump_json().encode()
    return orjson.dumps(value, default=_contract)


def _contract(value: Any) -> Any:
    return value.model_dump(mode="json")


def _explained(error: Exception) -> DomainError:
    if isinstance(error, DomainError):
        return error
    if is_lost(error):
        return Unavailable("database_unavailable", "The database is not reachable, try again.")
    if isinstance(error, PoolExhausted):
        return Unavailable("database_busy", "The database is busy, try again.")
    log.error("query.failed", exc_info=error)
    return Internal(
        "bad_query" if isinstance(error, MalformedMessage) else "internal", "Something went wrong on our side."
    )
