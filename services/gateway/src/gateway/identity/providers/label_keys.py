"""Key pairs of the label store, in two headers. Their owner knows the hash of each secret; this process compares it and
keeps it for a minute, or until the owner says that the user has changed."""

import asyncio
import logging
from collections.abc import Callable, Mapping

import orjson
from nats.aio.msg import Msg

from contracts.catalog.label_shared import label_actor
from contracts.catalog.label_users import GetLabelKey, LabelKey, LabelUserChanged, RewriteLabelSecret
from gateway.identity.provider import Identity, Provider
from gateway.identity.providers.secret_hashes import SecretHashes, hash_of, is_slow
from gateway.identity.providers.token_budget import TokenBudget
from gateway.identity.ttl_cache import TtlCache
from gateway.streaming.event_feed import EventFeed
from kit.errors import DomainError, NotFound, Unauthenticated
from kit.messaging.bus import Bus
from kit.messaging.envelope import SERVICE, new_id

log = logging.getLogger("gateway.label_keys")
KEY, SECRET = "authentication-key", "authentication-secret"
HEADER_NAMES = "Authentication-Key and Authentication-Secret"
WRONG = f"The credentials in {HEADER_NAMES} are incomplete, unknown or wrong, or their user is disabled."
NOBODY = LabelKey(user_id=0, email="", enabled=False, hash=None)
"""Stands for a key that the owner does not know."""
UNKNOWN = 15.0
"""Seconds for which an unknown key is remembered."""
VALID = 86_400.0
"""Seconds for which asking about a key that was valid needs no budget."""
BUDGET = 10
"""Unknown keys may be as many times more than unknown tokens: their owner is a service of ours."""
LONGEST = 512
"""Characters of either half."""


class LabelKeys:
    """The provider of the label store's routes; a request without a pair is left to `platform`. `bus` and `platform`
    are asked for at each request, because both may be replaced."""

    name = "label-keys"

    def __init__(self, bus: Callable[[], Bus], platform: Callable[[], Provider], seconds: float) -> None:
        self.bus, self.platform, self.seconds = bus, platform, seconds
        self._known: TtlCache[LabelKey] = TtlCache()
        self._asking: dict[str, asyncio.Task[LabelKey]] = {}
        self._valid: TtlCache[bool] = TtlCache()
        self._hashes, self._budget = SecretHashes(seconds), TokenBudget(BUDGET)
        self._rewriting: set[asyncio.Task[None]] = set()

    async def authenticate(self, headers: Mapping[str, str], unsafe: bool, client: str) -> Identity:
        """Raises Unauthenticated for a pair that is incomplete, unknown or wrong, and for a user who is disabled."""
        key, secret = headers.get(KEY), headers.get(SECRET)
        if key is None and secret is None:
            return await self.platform().authenticate(headers, unsafe, client)
        if not (key and secret and len(key) <= LONGEST and len(secret) <= LONGEST):
            raise Unauthenticated("unauthenticated", WRONG)
        known = await self._key(key, client)
        if not (known.hash and known.enabled and await self._hashes.matches(known.hash, secret, client)):
            raise Unauthenticated("unauthenticated", WRONG)
        self._valid.put(key, True, VALID)
        if is_slow(known.hash):
            self._rewrite(known, secret)
        return Identity(label_actor(known.user_id, known.email))

    async def verify_session(self, headers: Mapping[str, str]) -> None:
        """Pairs have no sessions."""
        if KEY not in headers and SECRET not in headers:
            await self.platform().verify_session(headers)

    async def listen(self, bus: Bus) -> None:
        """Forgets what the owner says has changed, until it is cancelled."""
        await EventFeed([LabelUserChanged.subject()], self._on_changed).start(bus)
        await asyncio.Event().wait()

    def _on_changed(self, msg: Msg, _: int) -> None:
        self.forget(orjson.loads(msg.data)["user_id"])

    def forget(self, user_id: int) -> None:
        """Forgets the key of a user, and which keys were unknown: one of them may be the user's new key."""
        self._known.drop_all(lambda known: known.user_id in (user_id, NOBODY.user_id))

    async def _key(self, key: str, client: str) -> LabelKey:
        known = self._known.get(key)
        return known or await asyncio.shield(self._asking.get(key) or self._started(key, client))

    def _started(self, key: str, client: str) -> "asyncio.Task[LabelKey]":
        """Asks the owner once for all requests with the same key."""
        question = self._asked(key) if self._valid.get(key) else self._paid(key, client)
        task = self._asking[key] = asyncio.create_task(question)
        task.add_done_callback(lambda ended: self._ended(key, ended))
        return task

    def _ended(self, key: str, task: "asyncio.Task[LabelKey]") -> None:
        """Retrieves the failure, also when every request that waited for it has disconnected."""
        self._asking.pop(key, None)
        if not task.cancelled():
            task.exception()

    async def _paid(self, key: str, client: str) -> LabelKey:
        with self._budget.spend(client):
            return await self._asked(key)

    async def _asked(self, key: str) -> LabelKey:
        try:
            found = LabelKey.model_validate_json(await self.bus().ask(GetLabelKey(apikey=key)))
        except NotFound:
            return self._known.put(key, NOBODY, min(UNKNOWN, self.seconds))
        return self._known.put(key, found, self.seconds)

    def _rewrite(self, known: LabelKey, secret: str) -> None:
        """Sends the owner a hash that is cheap to compare; the request does not wait for it."""
        task = asyncio.create_task(self._rewritten(known, hash_of(secret)))
        self._rewriting.add(task)
        task.add_done_callback(self._rewriting.discard)

    async def _rewritten(self, known: LabelKey, new: str) -> None:
        command = RewriteLabelSecret(user_id=known.user_id, old=known.hash or "", new=new)
        try:
            await self.bus().send(command, SERVICE, new_id())
        except DomainError as error:
            log.info("label_secret.not_rewritten", extra={"fields": {"reason": error.code}})
