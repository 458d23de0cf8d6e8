"""What dataset commands need of other systems."""

from collections.abc import Sequence
from typing import Protocol

import shapely


class ImageryRules(Protocol):
    def imagery_problem(self, address: str, zoom: int | None = None) -> str:
        """Returns a text for the mapper; empty when tiles of this address (and zoom) may be fetched."""
        ...

    def budget_problem(self, areas: Sequence[shapely.Geometry], zoom: int) -> str: ...
