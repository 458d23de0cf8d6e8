"""What is to be sent in one turn of the event loop goes together. The first waits for the end of the turn and for
nothing else, so that a lone message is as quick as without."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """Collects items by key; `send` gets the key and all its items of one turn."""

    def __init__(self, send: Callable[[str, list[T]], Awaitable[None]]) -> None:
        self._send = send
        self._items: dict[str, list[T]] = {}
        self._sending: set[asyncio.Future[None]] = set()

    def add(self, key: str, item: T) -> None:
        """Adds an item; it is sent at the end of this turn."""
        if key not in self._items:
            self._items[key] = []
            asyncio.get_running_loop().call_soon(self._end_turn, key)
        self._items[key].append(item)

    def _end_turn(self, key: str) -> None:
        sending = asyncio.ensure_future(self._send(key, self._items.pop(key)))
        self._sending.add(sending)
        sending.add_done_callback(self._sending.discard)

    async def flush(self) -> None:
        """Returns when all that was added is sent."""
        while self._items or self._sending:
            await asyncio.gather(asyncio.sleep(0), *self._sending)
