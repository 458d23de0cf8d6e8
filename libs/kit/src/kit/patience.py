"""Waiting in place for a neighbour that stumbles: its outage costs neither a delivery nor what is done already."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from tenacity import AsyncRetrying, retry_if_exception, stop_before_delay, wait_exponential_jitter

T = TypeVar("T")


async def patiently(call: Callable[[], Awaitable[T]], limit: float, passes: Callable[[BaseException], bool]) -> T:
    """The result of the first call that does not stumble. What time does not cure is raised at once, and what `passes`
    when the next try would begin later than `limit` seconds after the first."""
    tries = AsyncRetrying(
        retry=retry_if_exception(passes), wait=wait_exponential_jitter(initial=0.2, max=5, jitter=0.2),
        stop=stop_before_delay(limit), reraise=True,
    )  # fmt: skip

    async def once() -> T:
        return await call()

    return await tries(once)
