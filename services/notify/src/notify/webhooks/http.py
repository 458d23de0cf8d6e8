"""Calls over HTTP, by the rules for addresses that users name (`kit.outbound`)."""

from kit.outbound import Outbound, OutboundError
from notify.webhooks.domain import Outcome

LIMIT = 10.0


class HttpLine:
    def __init__(self, allow: str) -> None:
        self.outbound = Outbound(allow)

    async def post(self, url: str, body: bytes, headers: dict[str, str], most: int) -> Outcome:
        try:
            reply = await self.outbound.deliver(url, body, headers, LIMIT, most)
        except OutboundError as error:
            return Outcome(error.status, str(error))
        return Outcome(reply.status, answer=reply.content)

    async def stop(self) -> None:
        await self.outbound.stop()
