"""A circuit breaker per owner: an owner that does not decide commands in time gets no more of them, so that its backlog
does not grow."""

import time
from dataclasses import dataclass

from kit.errors import Unavailable

TIMEOUTS = 8
"""Consecutive commands without a verdict in time, after which the circuit of an owner opens."""
PROBE_INTERVAL = 0.5
"""Seconds between two commands that are sent through an open circuit, to find out whether the owner has recovered."""


@dataclass
class OwnerCircuit:
    """A circuit breaker for one owner in one process."""

    owner: str
    timeouts: int = 0
    next_probe: float = 0.0

    def check(self) -> None:
        """Raises Unavailable instead of sending a command that would time out."""
        if self.timeouts < TIMEOUTS:
            return
        if time.monotonic() < self.next_probe:
            detail = f"The {self.owner} service is overloaded. This request was not sent to it, try again."
            raise Unavailable("owner_behind", detail, retry_after=1)
        self.next_probe = time.monotonic() + PROBE_INTERVAL

    def record(self, in_time: bool) -> None:
        self.timeouts = 0 if in_time else self.timeouts + 1


class OwnerCircuits:
    def __init__(self) -> None:
        self._by_owner: dict[str, OwnerCircuit] = {}

    def of(self, owner: str) -> OwnerCircuit:
        return self._by_owner.setdefault(owner, OwnerCircuit(owner))
