"""Waiting for long work: events tell at once, a look at the row every few seconds makes up for lost ones."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from fairway import rows
from fairway.errors import Ended
from fairway.events import ServerEvent, stream
from fairway.transport import Transport

R = TypeVar("R", bound=rows.Row)
LOOK_EVERY = 2.0
BAD = {"failed", "stopped"}


class Feed:
    """One event stream for any number of waits; runs in a daemon thread until closed."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self._queues: list[queue.Queue[ServerEvent]] = []
        threading.Thread(target=self._run, daemon=True, name="fairway-events").start()

    def _run(self) -> None:
        for event in stream(self.transport.http):
            for waiting in self._queues:
                waiting.put(event)

    def following(self, key: str, row_id: int, until: Callable[[], bool], limit: float) -> Iterator[ServerEvent | None]:
        """Events whose `key` field is `row_id`, and None at each look; ends when `until` says so.

        TimeoutError after `limit` seconds.
        """
        mine: queue.Queue[ServerEvent] = queue.Queue()
        self._queues.append(mine)
        end, looked = time.monotonic() + limit, 0.0
        try:
            while time.monotonic() < end:
                if time.monotonic() - looked > LOOK_EVERY:
                    yield None
                    if until():
                        return
                    looked = time.monotonic()
                looked = yield from self._next(mine, key, row_id, looked)
        finally:
            self._queues.remove(mine)
        raise TimeoutError(f"{key} {row_id} did not end within {limit:.0f} s")

    def _next(self, mine: "queue.Queue[ServerEvent]", key: str, row_id: int, looked: float) -> Any:
        """A terminal event makes the next look due at once."""
        try:
            event = mine.get(timeout=0.5)
        except queue.Empty:
            return looked
        if event.data.get(key) == row_id:
            yield event
            return looked if "progress" in event.name else 0.0
        return looked


def ended(row: Any) -> bool:
    """Terminal and, where there are results, ready; Ended with the reason when it went wrong."""
    if row.status in BAD:
        raise Ended(getattr(row, "error", "") or row.status)
    if hasattr(row, "results_ready"):
        return row.results_ready
    return row.status in {"completed", "built", "active", "cached", "retried"}
