"""Labels follow the AOI that they lie in."""

from tests.surface.expected import Row
from tests.surface.rows import POLYGON, Rows


def label(rows: Rows) -> dict:
    return {"type": "Feature", "geometry": POLYGON, "properties": {"aoi": rows.aoi()}}


ROWS = [
    Row(
        "POST /api/v1/labels/",
        label,
        row=True,
        but={"private stranger": 400},
        why="the body names what is not there",
    ),
    Row(
        "PUT /api/v1/labels/{label_id}/",
        label,
        but={"admin": 200, "owner": 200},
        why="the new AOI is the owner's",
    ),
]
