"""Which stumbling of neighbours a build or fetch waits out, and what it says when that takes too long."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from catalog.datasets.ports import TryLater
from imagery import RawDataError
from kit import patience
from kit.errors import Unavailable
from kit.outbound import OutboundError

T = TypeVar("T")


async def patiently(call: Callable[[], Awaitable[T]], limit: float) -> T:
    """The call's result; TryLater once it has stumbled for `limit` seconds."""
    try:
        return await patience.patiently(call, limit, _passes)
    except (Unavailable, OutboundError, RawDataError) as error:
        if not _passes(error):
            raise
        raise TryLater(str(error)) from error


def _passes(error: BaseException) -> bool:
    if isinstance(error, OutboundError | RawDataError):
        return error.transient
    return isinstance(error, Unavailable | TryLater)
