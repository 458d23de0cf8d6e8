"""Rate limits shared by all replicas: a replica leases some tokens of a window from PostgreSQL and spends them without
another query. The limit is never exceeded; tokens that a replica leased and does not spend are lost to the others."""

import asyncio
import time
from dataclasses import dataclass, field

from gateway.http.limits.rates import Rate
from kit.db.database import Database

SHARE = 20
"""A lease is a 20th of the limit, and at most a 4th of what is left."""
MOST_BUCKETS = 20_000
_TAKE = """
with quick as (select set_config('synchronous_commit', 'off', true))
insert into rate_leases as r (scope, key, "window", taken, ends_at)
  select %(scope)s, %(key)s, %(window)s, %(wanted)s, to_timestamp(%(ends)s) from quick
on conflict (scope, key, "window") do update set taken = r.taken + %(wanted)s where r.taken < %(limit)s
returning taken"""
"""Does not wait for the disk: a crash of the database costs a few tokens that are granted twice."""


@dataclass
class Bucket:
    """Tokens of one caller in one window. `rest` is what was left for all replicas at the last lease."""

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

    async def spend(self, scope: str, key: str, rate: Rate, exact: bool = False, cost: int = 1) -> Allowance:
        """Spends `cost` tokens or none; `exact` leases no more than that, so that no token is lost to other
        replicas."""
        now = time.time()
        bucket = self._bucket(scope, key, rate.window(now))
        while bucket.left < cost and bucket.rest:
            await self._lease(bucket, scope, key, rate, exact, cost)
        allowed = bucket.left >= cost
        bucket.left -= cost if allowed else 0
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

    async def _lease(self, bucket: Bucket, scope: str, key: str, rate: Rate, exact: bool, cost: int) -> None:
        """One request leases, concurrent ones wait and use its tokens."""
        async with bucket.lock:
            if bucket.left >= cost or not bucket.rest:
                return
            rest = rate.limit if bucket.rest < 0 else bucket.rest
            missing = cost - bucket.left
            wanted = missing if exact else max(missing, min(rate.limit // SHARE, rest // 4))
            taken = await self._take(scope, key, bucket.window, wanted, rate)
            bucket.left += wanted - max(0, taken - rate.limit) if taken else 0
            bucket.rest = max(0, rate.limit - taken) if taken else 0

    async def _take(self, scope: str, key: str, window: int, wanted: int, rate: Rate) -> int:
        """Returns how many tokens of the window are taken afterwards, possibly more than the limit; 0 when none were
        left."""
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
