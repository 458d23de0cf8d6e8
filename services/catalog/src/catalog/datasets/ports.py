"""What dataset commands and builds need of the world."""

from collections.abc import Sequence
from typing import Protocol

import shapely


class ImageryRules(Protocol):
    def template_problem(self, address: str) -> str:
        """Words for the mapper; empty when the tiles of this address may be fetched."""
        ...

    def budget_problem(self, areas: Sequence[shapely.Geometry], zoom: int) -> str: ...


class BuildFailed(Exception):
    """The build cannot succeed as it is; the text tells the mapper why."""


class TryLater(Exception):
    """A neighbour stumbled; the text tells the mapper so if it does not recover."""


class Superseded(Exception):
    """Another worker has taken over, or the dataset is gone: stop and write nothing."""
