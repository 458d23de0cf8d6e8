"""What is to be sent in one turn of the event loop goes together. The first waits for the end of the turn and for
nothing else, so that a lone message is as quick as without."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


def at_once() -> float:
    """Sends at the end of the turn."""
    return 0.0


class Turns(Generic[T]):
    """Collects items by key; `send` gets the key and all its items of one turn. `pause` says for how many seconds the
    first item of a key waits for others beyond the end of its turn."""

    def __init__(self, send: Callable[[str, list[T]], Awaitable[None]], pause: Callable[[], float] = at_once) -> None:
        self._send, self._pause = send, pause
        self._items: dict[str, list[T]] = {}
        self._sending: set[asyncio.Task[None]] = set()

    def add(self, key: str, item: T) -> None:
        """Adds an item; it is sent at the end of this turn, or of the pause."""
        if key in self._items:
            return self._items[key].append(item)
        self._items[key] = [item]
        if pause := self._pause():
            asyncio.get_running_loop().call_later(pause, self._begin, key)
        else:
            self._begin(key)

    def _begin(self, key: str) -> None:
        sending = asyncio.create_task(self._send_all(key))
        self._sending.add(sending)
        sending.add_done_callback(self._sending.discard)

    async def _send_all(self, key: str) -> None:
        """A task begins with the next turn: what was added meanwhile is there."""
        await self._send(key, self._items.pop(key))

    async def flush(self) -> None:
        """Returns when all that was added is sent."""
        while self._items or self._sending:
            await asyncio.gather(asyncio.sleep(0), *self._sending)
