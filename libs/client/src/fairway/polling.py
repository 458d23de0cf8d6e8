"""Waiting for long-running work: by events, and by polling the row every few seconds in case events are lost."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from fairway import rows
from fairway.errors import OperationFailed
from fairway.events import ServerEvent, stream
from fairway.transport import Transport

R = TypeVar("R", bound=rows.Row)
POLL_INTERVAL = 2.0
FAILED_STATUSES = {"failed", "stopped"}


class StatusFeed:
    """One event stream for any number of waits, read by a daemon thread until the client is closed."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self._queues: list[queue.Queue[ServerEvent]] = []
        threading.Thread(target=self._run, daemon=True, name="fairway-events").start()

    def _run(self) -> None:
        for event in stream(self.transport.http):
            for waiting in self._queues:
                waiting.put(event)

    def follow(self, key: str, row_id: int, until: Callable[[], bool], limit: float) -> Iterator[ServerEvent | None]:
        """Yields events whose field `key` is `row_id`, and None before each poll; ends when `until` returns True.

        Raises TimeoutError after `limit` seconds.
        """
        mine: queue.Queue[ServerEvent] = queue.Queue()
        self._queues.append(mine)
        end, looked = time.monotonic() + limit, 0.0
        try:
            while time.monotonic() < end:
                if time.monotonic() - looked > POLL_INTERVAL:
                    yield None
                    if until():
                        return
                    looked = time.monotonic()
                looked = yield from self._next(mine, key, row_id, looked)
        finally:
            self._queues.remove(mine)
        raise TimeoutError(f"{key} {row_id} did not end within {limit:.0f} s")

    def _next(self, mine: "queue.Queue[ServerEvent]", key: str, row_id: int, looked: float) -> Any:
        """An event that is not about progress makes the next poll due at once."""
        try:
            event = mine.get(timeout=0.5)
        except queue.Empty:
            return looked
        if event.data.get(key) == row_id:
            yield event
            return looked if "progress" in event.name else 0.0
        return looked


def is_done(row: Any) -> bool:
    """Returns whether the work of a row is complete and, for a prediction, its results are ready.

    Raises OperationFailed with the row's reason when it failed or was stopped.
    """
    if row.status in FAILED_STATUSES:
        raise OperationFailed(getattr(row, "error", "") or row.status)
    if hasattr(row, "results_ready"):
        return row.results_ready
    return row.status in {"completed", "built", "active", "cached", "retried"}
