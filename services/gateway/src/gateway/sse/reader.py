"""Consumers of EVENTS that the gateway makes for itself; all others are provisioned."""

from typing import Any
from uuid import uuid4

from nats.js.api import ConsumerConfig


class Reader(ConsumerConfig):
    """Asks for its consumer by name, which is what the permissions of the gateway are about. The name is a new one each
    time, because the server may still hold the consumer that it stands in for."""

    def evolve(self, **params: Any) -> "Reader":
        return super().evolve(**{"name": f"reader-{uuid4().hex}", **params})
