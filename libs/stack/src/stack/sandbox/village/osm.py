"""The buildings as OpenStreetMap has them: drawn by hand, a little off, a few forgotten."""

from typing import Any

import numpy as np
from shapely import Polygon, get_coordinates
from shapely.geometry import mapping

from stack.sandbox.village.buildings import Building
from stack.sandbox.village.georeference import to_degrees
from stack.sandbox.village.layout import SEED, build

KINDS = {"concrete": "commercial", "tile": "house", "blue": "school"}
FORGOTTEN = 0.02
HAND = 0.2
"""metres a mapper's click is off"""


def features() -> list[dict[str, Any]]:
    """GeoJSON features in EPSG:4326 with `osm_id`, `osm_type` and `tags`."""
    rng = np.random.default_rng(SEED + 1)
    return [
        _feature(rng, 900_000_001 + number, building)
        for number, building in enumerate(build().buildings)
        if rng.random() > FORGOTTEN
    ]


def _feature(rng: np.random.Generator, osm_id: int, building: Building) -> dict[str, Any]:
    corners = get_coordinates(building.shape)[:-1]
    drawn = Polygon(corners + rng.normal(0, HAND / 2, 2) + rng.normal(0, HAND / 2, corners.shape))
    kind = KINDS.get(building.roof, "residential") if rng.random() < 0.4 else "yes"
    properties = {"osm_id": osm_id, "osm_type": "ways_poly", "tags": {"building": kind}}
    return {"type": "Feature", "id": f"way/{osm_id}", "geometry": mapping(to_degrees(drawn)), "properties": properties}
