"""Personal access tokens: the login portal resolves the hash of a token to a user. Only the hash leaves this
process."""

import asyncio
import hashlib
import logging

from prometheus_client import Counter

from gateway.identity.provider import ExternalIdentity
from gateway.identity.providers.token_budget import TokenBudget
from gateway.identity.ttl_cache import TtlCache
from kit.errors import Unavailable
from kit.http.outbound import JSON, Outbound, OutboundError

log = logging.getLogger("gateway.pat")
UNCHECKED = Counter(
    "fairway_tokens_unchecked_total", "Access tokens that could not be checked because the portal failed", ["why"]
)
"""`why`: the code of the failure."""
LONGEST = 512
TIMEOUT = 10.0
GOOD, BAD = 60.0, 15.0
"""Seconds for which a result is cached."""
KNOWN = 86_400.0
"""Seconds for which a token counts as known to be valid, so that checking it again needs no budget."""
CAP = 65_536


class TokenPortal:
    """A token that was valid before needs no budget, and invented tokens cannot evict it from memory."""

    def __init__(self, outbound: Outbound, address: str, key: str) -> None:
        self.outbound, self.url, self.key = outbound, f"{address}/internal/resolve-token", key
        self._good: TtlCache[ExternalIdentity] = TtlCache()
        self._known: TtlCache[bool] = TtlCache()
        self._bad: TtlCache[bool] = TtlCache()
        self._budget = TokenBudget()
        self._asking: dict[str, asyncio.Task[ExternalIdentity | None]] = {}

    async def person(self, token: str, client: str) -> ExternalIdentity | None:
        """Returns None for a token that the portal does not know. Raises Unavailable when it cannot be asked. `client`:
        whose budget pays for the check."""
        if len(token) > LONGEST:
            return None
        digest = hashlib.sha256(token.encode()).hexdigest()
        good = self._good.get(digest)
        if good or self._bad.get(digest):
            return good
        return await asyncio.shield(self._asking.get(digest) or self._started(digest, client))

    def _started(self, digest: str, client: str) -> "asyncio.Task[ExternalIdentity | None]":
        """Starts one check for all requests with the same token."""
        question = self._answer(digest) if self._known.get(digest) else self._paid(digest, client)
        task = self._asking[digest] = asyncio.create_task(question)
        task.add_done_callback(lambda ended: self._ended(digest, ended))
        return task

    def _ended(self, digest: str, task: "asyncio.Task[ExternalIdentity | None]") -> None:
        """Retrieves the failure, also when every request that waited for it has disconnected."""
        self._asking.pop(digest, None)
        if not task.cancelled():
            task.exception()

    async def _paid(self, digest: str, client: str) -> ExternalIdentity | None:
        with self._budget.spend(client):
            return await self._answer(digest)

    async def _answer(self, digest: str) -> ExternalIdentity | None:
        try:
            person = await self._ask(digest)
        except OutboundError as error:
            return self._without(digest, error)
        self._known.put(digest, True, KNOWN)
        return self._good.put(digest, person, GOOD)

    def _without(self, digest: str, error: OutboundError) -> None:
        """A refusal of the portal makes the token invalid; any other failure says nothing about the token."""
        log.info("token.refused", extra={"fields": {"reason": error.code, "status": error.status}})
        if error.code != "http_status" or error.transient:
            UNCHECKED.labels(error.code).inc()
            raise Unavailable("login_unavailable", "The login service is not reachable, try again.") from error
        self._known.drop(digest)
        self._bad.put(digest, True, BAD)

    async def _ask(self, digest: str) -> ExternalIdentity:
        answer = await self.outbound.request(
            "POST", self.url, JSON, CAP, TIMEOUT, json={"token_hash": digest, "app": "fair"},
            headers={"x-internal-key": self.key}, follow_redirects=False,
        )  # fmt: skip
        body = answer.json()
        if not isinstance(body, dict) or not all(isinstance(body.get(k), str) and body[k] for k in ("id", "email")):
            raise OutboundError("wrong_content")
        return ExternalIdentity(body["id"], body["email"])
