"""Retrying a transient failure inside the handler, so that an outage uses up no delivery and no work is lost."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_before_delay, wait_exponential_jitter

T = TypeVar("T")
OnFailure = Callable[[BaseException], Awaitable[None]]
"""Called with each transient error before the next try."""


async def retry_transient(
    call: Callable[[], Awaitable[T]],
    within: float,
    is_transient: Callable[[BaseException], bool],
    on_failure: OnFailure | None = None,
    max_pause: float = 5.0,
) -> T:
    """Returns the result of the first call that succeeds.

    Raises an error that is not transient at once, and a transient one when the next try would begin more than `within`
    seconds after the first. An error may name the seconds to wait (`retry_after`); other pauses grow up to `max_pause`
    seconds. `on_failure` is called with each transient error."""

    async def report(state: RetryCallState) -> None:
        if on_failure and (error := _error(state)):
            await on_failure(error)

    tries = AsyncRetrying(
        retry=retry_if_exception(is_transient), wait=_Pause(max_pause), stop=stop_before_delay(within), reraise=True,
        after=report,
    )  # fmt: skip

    async def once() -> T:
        return await call()

    return await tries(once)


class _Pause(wait_exponential_jitter):
    def __init__(self, max_pause: float) -> None:
        super().__init__(initial=0.2, max=max_pause, jitter=0.2)

    def __call__(self, retry_state: RetryCallState) -> float:
        return max(super().__call__(retry_state), getattr(_error(retry_state), "retry_after", None) or 0.0)


def _error(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None
