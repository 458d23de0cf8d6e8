"""A run of hours must not be lost because a neighbour is away for a minute."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import sqlalchemy.exc

from kit.db import TRANSIENT
from kit.errors import Unavailable
from kit.patience import patiently
from pipelines.port import PipelinesDown

T = TypeVar("T")
CURED_BY_TIME = (
    *TRANSIENT, sqlalchemy.exc.OperationalError, sqlalchemy.exc.InterfaceError, sqlalchemy.exc.TimeoutError,
    Unavailable, PipelinesDown, OSError,
)  # fmt: skip
LIMIT = 3600.0


async def patient(call: Callable[[], Awaitable[T]]) -> T:
    """The result of the first call that does not meet a neighbour in trouble; after an hour its error."""
    return await patiently(call, LIMIT, lambda error: isinstance(error, CURED_BY_TIME))
