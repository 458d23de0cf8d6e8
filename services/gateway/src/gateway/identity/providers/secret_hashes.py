"""Hashes of secrets: SHA-256 for those that were made here, which have 128 random bits, and bcrypt for imported ones,
which takes 0.2 s of CPU time each."""

import asyncio
import hashlib
import hmac
from concurrent.futures import ThreadPoolExecutor

from gateway.identity.providers.token_budget import TokenBudget
from gateway.identity.ttl_cache import TtlCache

SHA256, BCRYPT = "sha256:", "bcrypt:"
THREADS = 2
BCRYPT_BYTES = 72
"""What bcrypt reads of a secret; the library refuses longer ones."""


def hash_of(secret: str) -> str:
    return SHA256 + hashlib.sha256(secret.encode()).hexdigest()


def is_slow(stored: str) -> bool:
    """Whether a comparison with this hash costs CPU time worth saving."""
    return stored.startswith(BCRYPT)


class SecretHashes:
    """A secret that matched a bcrypt hash is remembered for `seconds`, by its digest."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._matched: TtlCache[bool] = TtlCache()
        self._threads = ThreadPoolExecutor(THREADS, "bcrypt")
        self._budget = TokenBudget()

    async def matches(self, stored: str, secret: str, client: str) -> bool:
        """Compares in constant time. Raises Unavailable when `client`, or all clients together, have too many slow
        comparisons running."""
        if stored.startswith(SHA256):
            return hmac.compare_digest(hash_of(secret), stored)
        if not is_slow(stored):
            return False
        digest = stored, hash_of(secret)
        if not self._matched.get(digest):
            with self._budget.spend(client):
                if not await self._compared(stored.removeprefix(BCRYPT), secret):
                    return False
            self._matched.put(digest, True, self.seconds)
        return True

    async def _compared(self, stored: str, secret: str) -> bool:
        from bcrypt import checkpw

        content = secret.encode()
        if len(content) > BCRYPT_BYTES:
            return False
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, checkpw, content, stored.encode())
        except ValueError:  # not a bcrypt hash
            return False
