from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from catalog.packages.production.processors import Processors
from catalog.packages.storage.port import PackageStorage
from kit.messaging.tx import ReadTx, Tx

Publish = Callable[[str, ReadTx | Tx], Awaitable[bool]]


@dataclass(frozen=True)
class ProductionContext:
    """What the jobs work with. `publish` makes the catalogue's item of a package what its data package says. Seconds:
    `lock` is the end of a lock without renewal, `expiry` how long a task may wait for its begin, `kept` how long a
    dataset version stays (None: for ever)."""

    storage: PackageStorage
    processors: Processors
    lock: float
    expiry: float
    kept: float | None
    publish: Publish
