from dataclasses import dataclass

from catalog.packages.production.processors import Processors
from catalog.packages.storage.port import PackageStorage


@dataclass(frozen=True)
class ProductionContext:
    """What the jobs work with. Seconds: `lock` is the end of a lock without renewal, `expiry` how long a task may wait
    for its begin, `kept` how long a dataset version stays (None: for ever)."""

    storage: PackageStorage
    processors: Processors
    lock: float
    expiry: float
    kept: float | None
