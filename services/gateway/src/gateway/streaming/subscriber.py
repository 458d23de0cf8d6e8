"""One open stream and what waits to be sent on it."""

import asyncio

from gateway.streaming.frames import SseEvent

QUEUE = 100


class Subscriber:
    """One open stream. None in the queue ends it; `lost` is set when messages did not fit. One that asked for topics
    hears all its events from the feed of topics, so that they keep their order."""

    def __init__(self, user_id: int = 0, about: frozenset[str] = frozenset()) -> None:
        self.user_id, self.topics, self.asks_for_topics = user_id, set(about), bool(about)
        self.queue: asyncio.Queue[SseEvent | None] = asyncio.Queue(QUEUE + 1)
        self.lost = False

    def hears(self, item: SseEvent) -> bool:
        """Whether the message is for its user or about one of its topics."""
        return self.user_id in item.users or bool(self.topics & item.topics)

    def takes(self, item: SseEvent) -> bool:
        """Whether the reader may have the message: topics may have ended since it was queued."""
        return not item.topics or self.hears(item)

    def put(self, item: SseEvent) -> None:
        if not self.lost and self.queue.qsize() >= QUEUE:
            self.lost = True
            self.queue.put_nowait(None)
        elif not self.lost:
            self.queue.put_nowait(item)

    def close(self) -> None:
        """Ends the stream after what is queued; a full queue has its end in it already."""
        if not self.queue.full():
            self.queue.put_nowait(None)
