"""The sender's side of short commands: straight to their owner, together with others of the same turn."""

import time

from nats.aio.client import Client
from nats.errors import Error as NatsError

from contracts.base import Command
from contracts.verdict import VERDICT, Accepted, Refused
from kit import failpoints
from kit.messaging.batching.requests import BatchedRequests

DIRECT_WAIT = 1.0
"""Seconds that an owner has to answer; then the command goes to its stream."""
SILENCE = 1.0
"""Seconds for which the commands of an owner that did not answer in time go to their stream at once."""


class ShortCommands:
    """One per process."""

    def __init__(self, nc: Client) -> None:
        self._requests = BatchedRequests(nc, "commands")
        self._silent_until: dict[str, float] = {}
        self.start = self._requests.start

    async def verdict(
        self, command: Command, headers: dict[str, str], data: bytes, wait: float
    ) -> Accepted | Refused | None:
        """Returns the verdict, which its owner has committed. Returns None when the owner is absent, silent or
        declines: the command may have been carried out or not, and belongs into its stream."""
        if command.expires is None or time.monotonic() < self._silent_until.get(command.owner(), 0.0):
            return None
        try:
            answer = await self._requests.ask(command.owner(), headers, data, min(wait, DIRECT_WAIT))
        except TimeoutError:
            self._silent_until[command.owner()] = time.monotonic() + SILENCE
            answer = None
        except (NatsError, OSError):
            answer = None
        failpoints.reach("bus.answered_directly" if answer and answer.data else "bus.falls_back")
        return VERDICT.validate_json(answer.data) if answer and answer.data else None
