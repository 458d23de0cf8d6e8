"""Consumers of EVENTS that the gateway creates itself; all others are provisioned."""

from typing import Any
from uuid import uuid4

from nats.js.api import ConsumerConfig


class EphemeralConsumerConfig(ConsumerConfig):
    """Names its consumer, because the gateway has permissions by name. Each name is new, because the server may still
    hold the consumer that is replaced."""

    def evolve(self, **params: Any) -> "EphemeralConsumerConfig":
        return super().evolve(**{"name": f"reader-{uuid4().hex}", **params})
