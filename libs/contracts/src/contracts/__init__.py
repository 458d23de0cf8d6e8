"""The messages between the services of Fairway: commands, queries, events, jobs, progress messages and their replies.

A message belongs to the service that owns it (`contracts.catalog`, `contracts.training`, …) and is written once, with
its wire name. A process loads the messages that it imports; `contracts.registry` has all of them.
"""

OWNERS = ("gateway", "catalog", "training", "prediction", "notify")
