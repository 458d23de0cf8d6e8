"""Rate limits shared by all replicas: a replica leases a few tokens of a window from PostgreSQL and spends them without
asking again. Never more than the limit is granted; what a replica leased and does not need is lost to the others."""

import asyncio
import time
from dataclasses import dataclass, field

from gateway.limits.rates import Rate
from kit.db import Database

SHARE = 20
"""A lease is a 20th of the limit, and never more than a 4th of what is left."""
MOST_BUCKETS = 20_000
_TAKE = """
with quick as (select set_config('synchronous_commit', 'off', true))
insert into rate_leases as r (scope, key, "window", taken, ends_at)
  select %(scope)s, %(key)s, %(window)s, %(wanted)s, to_timestamp(%(ends)s) from quick
on conflict (scope, key, "window") do update set taken = r.taken + %(wanted)s where r.taken < %(limit)s
returning taken"""
"""Does not wait for the disk: all that a crash of the database costs is a few tokens granted twice."""


@dataclass
class Bucket:
    """Tokens in hand for one caller in one window. `rest` is what was left for everybody at the last lease."""

    window: int
    left: int = 0
    rest: int = -1
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(slots=True)
class Allowance:
    allowed: bool
    rate: Rate
    remaining: int
    reset: int
    """Seconds until the window ends."""

    @property
    def headers(self) -> dict[str, str]:
        numbers = {"limit": self.rate.limit, "remaining": max(0, self.remaining), "reset": self.reset}
        return {f"ratelimit-{name}": str(value) for name, value in numbers.items()}


class Limiter:
    def __init__(self, db: Database) -> None:
        self.db = db
        self._buckets: dict[tuple[str, str], Bucket] = {}

    async def spend(self, scope: str, key: str, rate: Rate, exact: bool = False) -> Allowance:
        """One token; `exact` leases one at a time, so that no token is lost in another replica."""
        now = time.time()
        bucket = self._bucket(scope, key, rate.window(now))
        while not bucket.left and bucket.rest:
            await self._lease(bucket, scope, key, rate, exact)
        allowed = bucket.left > 0
        bucket.left -= allowed
        return Allowance(allowed, rate, bucket.left + bucket.rest, self._reset(rate, now))

    def _bucket(self, scope: str, key: str, window: int) -> Bucket:
        bucket = self._buckets.get((scope, key))
        if bucket is None or bucket.window != window:
            if len(self._buckets) >= MOST_BUCKETS:
                self._buckets.clear()
            bucket = self._buckets[scope, key] = Bucket(window)
        return bucket

    def _reset(self, rate: Rate, now: float) -> int:
        return max(1, int((rate.window(now) + 1) * rate.period - now + 0.999))

    async def _lease(self, bucket: Bucket, scope: str, key: str, rate: Rate, exact: bool) -> None:
        """One request asks, those who wait for it find its tokens."""
        async with bucket.lock:
            if bucket.left or not bucket.rest:
                return
            rest = rate.limit if bucket.rest < 0 else bucket.rest
            wanted = 1 if exact else max(1, min(rate.limit // SHARE, rest // 4))
            taken = await self._take(scope, key, bucket.window, wanted, rate)
            bucket.left = wanted - max(0, taken - rate.limit) if taken else 0
            bucket.rest = max(0, rate.limit - taken) if taken else 0

    async def _take(self, scope: str, key: str, window: int, wanted: int, rate: Rate) -> int:
        """All that is taken of the window afterwards, maybe more than the limit; 0 when nothing was left."""
        params = {
            "scope": scope, "key": key, "window": window, "wanted": wanted, "limit": rate.limit,
            "ends": (window + 1) * rate.period,
        }  # fmt: skip
        async with self.db.raw() as connection:
            row = await (await connection.execute(_TAKE, params)).fetchone()
        return row[0] if row else 0

    async def prune(self) -> None:
        async with self.db.raw() as connection:
            await connection.execute("delete from rate_leases where ends_at < now() - interval '1 minute'")
