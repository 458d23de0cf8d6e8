"""Calls over HTTP, by the rules for addresses that users name (`kit.http.outbound`)."""

import errno
import socket

from kit.http.outbound import Outbound, OutboundError
from notify.webhooks.domain import Outcome

CALL_TIMEOUT = 10.0
NETWORK_ERRORS = (errno.ENETDOWN, errno.ENETUNREACH, errno.ENONET)


class HttpWebhookClient:
    def __init__(self, allow: str) -> None:
        self.outbound = Outbound(allow)

    async def post(self, url: str, body: bytes, headers: dict[str, str], most: int) -> Outcome:
        try:
            reply = await self.outbound.deliver(url, body, headers, CALL_TIMEOUT, most)
        except OutboundError as error:
            return Outcome(error.status, str(error), ours=is_own_network(error))
        return Outcome(reply.status, answer=reply.content)

    async def stop(self) -> None:
        await self.outbound.stop()


def is_own_network(error: BaseException | None) -> bool:
    """Whether nothing gets out of our network, not even a question for a name."""
    if error is None:
        return False
    unresolved = isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN
    cut_off = isinstance(error, OSError) and error.errno in NETWORK_ERRORS
    return unresolved or cut_off or is_own_network(error.__cause__ or error.__context__)
