"""The signing keys of the identity provider, only from the configured address."""

import asyncio
import logging
import time
from typing import Any

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from prometheus_client import Counter

from kit.http.connections import trusted

log = logging.getLogger("gateway.jwks")
FAILURES = Counter("fairway_jwks_failures_total", "Key sets that could not be fetched")
FRESH = 600.0
BETWEEN = 30.0
LAST_GOOD = 86_400.0
MOST_KEYS = 16
MIN_BITS = 2048
TIMEOUT = 3.0


class Jwks:
    """Refreshed after ten minutes or for an unknown `kid`, at most once per 30 s for all requests together; the last
    good set is used for a day while the provider is not reachable."""

    def __init__(self, address: str) -> None:
        self.address = f"{address}/.well-known/jwks.json"
        self.keys: dict[str, RSAPublicKey] = {}
        self._good = self._tried = float("-inf")
        self._turn = asyncio.Lock()

    async def key(self, kid: str) -> RSAPublicKey | None:
        now = time.monotonic()
        if kid not in self.keys or now - self._good > FRESH:
            await self._refresh()
        return self.keys.get(kid) if time.monotonic() - self._good < LAST_GOOD else None

    async def _refresh(self) -> None:
        async with self._turn:
            if time.monotonic() - self._tried < BETWEEN:
                return
            self._tried = time.monotonic()
            try:
                self.keys = signing_keys(await self._fetched())
                self._good = time.monotonic()
            except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
                FAILURES.inc()
                log.warning("jwks.unreachable", extra={"fields": {"reason": repr(error)}})

    async def _fetched(self) -> Any:
        async with httpx.AsyncClient(timeout=TIMEOUT, verify=trusted()) as client:
            return (await client.get(self.address)).raise_for_status().json()


def signing_keys(document: Any) -> dict[str, RSAPublicKey]:
    """Returns RSA signing keys that are long enough and have a `kid`. Raises ValueError when there is none."""
    keys = {}
    for entry in document["keys"][:MOST_KEYS]:
        right = entry.get("kty") == "RSA" and entry.get("use", "sig") == "sig" and entry.get("alg", "RS256") == "RS256"
        if not right or not isinstance(entry.get("kid"), str):
            continue
        key = jwt.PyJWK(entry, algorithm="RS256").key
        if isinstance(key, RSAPublicKey) and key.key_size >= MIN_BITS:
            keys[entry["kid"]] = key
    if not keys:
        raise ValueError("no usable key in the set")
    return keys
