"""Personal access tokens: the login portal says whose the hash of one is. Only the hash leaves this process."""

import asyncio
import hashlib
import logging
import time

from gateway.auth.cache import Recent
from gateway.auth.identity import External
from kit.outbound import JSON, Outbound, OutboundError

log = logging.getLogger("gateway.pat")
LONGEST = 512
TIMEOUT = 10.0
GOOD, BAD = 60.0, 15.0
"""Seconds that an answer is believed."""
PER_SECOND = 20
AT_ONCE = 16
"""Anybody may send any number of made-up tokens; beyond this they are worthless without asking."""
CAP = 65_536


class Portal:
    def __init__(self, outbound: Outbound, address: str, key: str) -> None:
        self.outbound, self.url, self.key = outbound, f"{address}/internal/resolve-token", key
        self._recent: Recent[tuple[External | None]] = Recent()
        self._asking: dict[str, asyncio.Task[External | None]] = {}
        self._second, self._asked = 0, 0

    async def person(self, token: str) -> External | None:
        """None for a token that the portal does not know, and while it does not answer."""
        if len(token) > LONGEST:
            return None
        digest = hashlib.sha256(token.encode()).hexdigest()
        known = self._recent.get(digest)
        if known:
            return known[0]
        asking = self._asking.get(digest) or self._started(digest)
        return await asyncio.shield(asking) if asking else None

    def _started(self, digest: str) -> "asyncio.Task[External | None] | None":
        """One question for all requests with the same token; None when too many are asked already."""
        if len(self._asking) >= AT_ONCE or not self._may_ask():
            log.warning("portal.spared")
            return None
        task = self._asking[digest] = asyncio.create_task(self._answer(digest))
        task.add_done_callback(lambda _: self._asking.pop(digest, None))
        return task

    def _may_ask(self) -> bool:
        now = int(time.monotonic())
        if now != self._second:
            self._second, self._asked = now, 0
        self._asked += 1
        return self._asked <= PER_SECOND

    async def _answer(self, digest: str) -> External | None:
        try:
            person = await self._ask(digest)
        except OutboundError as error:
            log.info("token.refused", extra={"facts": {"reason": error.code, "status": error.status}})
            person = None
        return self._recent.put(digest, (person,), GOOD if person else BAD)[0]

    async def _ask(self, digest: str) -> External:
        answer = await self.outbound.request(
            "POST", self.url, JSON, CAP, TIMEOUT, json={"token_hash": digest, "app": "fair"},
            headers={"x-internal-key": self.key}, follow_redirects=False,
        )  # fmt: skip
        body = answer.json()
        if not isinstance(body, dict) or not all(isinstance(body.get(k), str) and body[k] for k in ("id", "email")):
            raise OutboundError("wrong_content")
        return External(body["id"], body["email"])
