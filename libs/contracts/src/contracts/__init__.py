"""What the services of Fairway promise each other: commands, queries, events, jobs, hints and their replies.

A message belongs to the room that owns it (`contracts.catalog`, `contracts.training`, …) and is written down once, with
its wire name. Importing this package registers every message.
"""

from contracts import catalog, gateway, notify, prediction, training
from contracts.base import REGISTRY

OWNERS = ("gateway", "catalog", "training", "prediction", "notify")

__all__ = ["OWNERS", "REGISTRY", "catalog", "gateway", "notify", "prediction", "training"]
