from typing import Protocol, runtime_checkable

from notify.webhooks.domain import Outcome


@runtime_checkable
class WebhookClient(Protocol):
    async def post(self, url: str, body: bytes, headers: dict[str, str], most: int) -> Outcome:
        """Never raises for what the other side does. Reads an answer of `most` bytes, none where that is 0."""
        ...
