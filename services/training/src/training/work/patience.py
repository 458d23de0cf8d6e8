"""A run of hours must not be lost because a neighbour is away for a minute."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import sqlalchemy.exc
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_exponential_jitter

from kit.db import TRANSIENT
from kit.errors import Unavailable
from pipelines.port import PipelinesDown

T = TypeVar("T")
CURED_BY_TIME = (
    *TRANSIENT, sqlalchemy.exc.OperationalError, sqlalchemy.exc.InterfaceError, sqlalchemy.exc.TimeoutError,
    Unavailable, PipelinesDown, OSError,
)  # fmt: skip
LIMIT = 3600.0


async def patient(call: Callable[[], Awaitable[T]]) -> T:
    """The result of the first call that does not meet a neighbour in trouble; after an hour its error."""
    tries = AsyncRetrying(
        retry=retry_if_exception_type(CURED_BY_TIME), wait=wait_exponential_jitter(initial=0.1, max=5, jitter=0.2),
        stop=stop_after_delay(LIMIT), reraise=True,
    )  # fmt: skip

    async def once() -> T:
        return await call()

    return await tries(once)
