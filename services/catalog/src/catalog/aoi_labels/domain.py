"""Labels and their limits."""

from dataclasses import dataclass

from shapely.geometry.base import BaseGeometry

MAX_FEATURES = 50_000
"""Maximum of one upload or fetch."""
NOTHING = "No feature of the file can be a label."


class BadLabel(ValueError):
    """The text is for the person who sent the feature; `field` names the field at fault."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


@dataclass(frozen=True)
class Label:
    """`geometry` in EPSG:4326, two-dimensional, valid, not empty. `osm_type` is node, way or relation."""

    geometry: BaseGeometry
    osm_id: int | None = None
    osm_type: str | None = None
    tags: dict[str, str] | None = None
