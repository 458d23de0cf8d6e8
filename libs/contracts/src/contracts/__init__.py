"""The messages between the services of Fairway: commands, queries, events, jobs, progress messages and their replies.

A message belongs to the service that owns it (`contracts.catalog`, `contracts.training`, …) and is written once, with
its wire name. Importing this package registers every message.
"""

from contracts import catalog, gateway, notify, prediction, training
from contracts.base import REGISTRY

OWNERS = ("gateway", "catalog", "training", "prediction", "notify")

__all__ = ["OWNERS", "REGISTRY", "catalog", "gateway", "notify", "prediction", "training"]
