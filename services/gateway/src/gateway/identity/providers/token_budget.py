"""Limits how often the login portal is asked about unknown tokens."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import Counter as Metric

from kit.errors import Unavailable

SPARED = Metric("fairway_tokens_spared_total", "Checks of unknown tokens that exceeded the budget")
AT_ONCE, PER_SECOND = 32, 40
EACH_AT_ONCE, EACH_PER_SECOND = 4, 5
"""Per client: an IPv4 address or an IPv6 network of one subscriber."""


class TokenBudget:
    """Limits the checks of all clients together and of each client, so that invented tokens of one client do not use up
    the budget of the others."""

    def __init__(self, factor: int = 1) -> None:
        """`factor` multiplies the numbers, for checks that cost less than a request to the portal."""
        self._factor = factor
        self._second = 0
        self._asked: Counter[str] = Counter()
        self._asking: Counter[str] = Counter()

    @contextmanager
    def spend(self, client: str) -> Iterator[None]:
        """Raises Unavailable when nothing is left."""
        if not self._has_left(client):
            SPARED.inc()
            raise Unavailable("login_unavailable", "Too many unknown credentials are being checked, try again.")
        self._asked[client] += 1
        self._asking[client] += 1
        try:
            yield
        finally:
            self._asking -= Counter({client: 1})

    def _has_left(self, client: str) -> bool:
        now = int(time.monotonic())
        if now != self._second:
            self._second, self._asked = now, Counter()
        asked, asking, factor = self._asked, self._asking, self._factor
        each = asked[client] < EACH_PER_SECOND * factor and asking[client] < EACH_AT_ONCE * factor
        return each and asked.total() < PER_SECOND * factor and asking.total() < AT_ONCE * factor
