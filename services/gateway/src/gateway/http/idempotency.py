"""Commands of this process that wait for their verdict. A repeat of one waits for the same verdict and is not sent."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

from contracts.verdict import Verdict

Result = tuple[Verdict | None, bool]
"""The verdict, None without one in time; and whether it is that of an earlier request."""


class PendingCommands:
    def __init__(self) -> None:
        self._pending: dict[UUID, tuple[bytes, asyncio.Task[Result | None]]] = {}

    async def run_once(
        self, command_id: UUID, body: bytes, call: Callable[[], Awaitable[Result | None]]
    ) -> Result | None:
        """Returns the result of `call`, or of the running call of the same command; None when that has another body."""
        if command_id in self._pending:
            known, task = self._pending[command_id]
            result = await asyncio.shield(task) if known == body else None
            return result and (result[0], True)
        task: asyncio.Task[Result | None] = asyncio.ensure_future(call())  # type: ignore[arg-type]
        self._pending[command_id] = body, task
        task.add_done_callback(lambda done: self._end(command_id, done))
        return await asyncio.shield(task)

    def _end(self, command_id: UUID, done: asyncio.Task[Result | None]) -> None:
        """Retrieves the error, which nothing else does once every client has disconnected."""
        self._pending.pop(command_id)
        if not done.cancelled():
            done.exception()
