"""Retries transient failures of other servers within one delivery."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from catalog.datasets.build.errors import TransientFailure
from kit import retry
from kit.http.outbound import OutboundError
from kit.outages import is_outage
from osm.raw_data import RawDataError

T = TypeVar("T")


async def retry_transient(
    call: Callable[[], Awaitable[T]], within: float, on_failure: retry.OnFailure | None = None
) -> T:
    """Returns the result of the call. After `within` seconds of failures raises TransientFailure for servers of
    others, and the error itself for a server of the deployment."""
    try:
        return await retry.retry_transient(call, within, _passes, on_failure)
    except (OutboundError, RawDataError) as error:
        if not error.transient:
            raise
        raise TransientFailure(str(error), getattr(error, "retry_after", None)) from error


def _passes(error: BaseException) -> bool:
    if isinstance(error, OutboundError | RawDataError):
        return error.transient
    return isinstance(error, TransientFailure) or is_outage(error)
