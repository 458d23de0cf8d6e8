"""Retries while a server of the deployment does not answer, however long: a run of hours must not be lost by that."""

import math
from collections.abc import Awaitable, Callable
from typing import TypeVar

from kit.outages import is_outage
from kit.retry import OnFailure, retry_transient

T = TypeVar("T")


async def retry_outage(call: Callable[[], Awaitable[T]], on_failure: OnFailure | None = None) -> T:
    """Returns the result of the first call that succeeds. Raises at once what is no outage."""
    return await retry_transient(call, math.inf, is_outage, on_failure)
