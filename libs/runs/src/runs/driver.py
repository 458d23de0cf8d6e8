"""What every driver of a run does with the child process of its pipeline."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pipelines.outcome import RunOutcome
from pipelines.run_process import RunProcess


async def follow(child: RunProcess, handle: Callable[[dict[str, Any]], Awaitable[None]]) -> RunOutcome:
    """Hands each report of the child to `handle`; returns how the run ended."""
    async for report in child.reports():
        await handle(report)
    return await child.wait()


@dataclass
class StopRequest:
    """How a child was asked to stop last; `graceful` is None before the first request."""

    graceful: bool | None = None

    @property
    def is_made(self) -> bool:
        return self.graceful is not None

    def escalate(self, graceful: bool) -> bool:
        """Returns whether the child has to be told: the first time, and when a request that is not graceful follows a
        graceful one."""
        if self.graceful is False or self.graceful is graceful:
            return False
        self.graceful = graceful
        return True
