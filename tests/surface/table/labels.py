"""Labels follow the AOI that they lie in."""

from tests.surface.expected import Row
from tests.surface.rows import POLYGON, Rows


def label(rows: Rows) -> dict:
    return {"type": "Feature", "geometry": POLYGON, "properties": {"aoi": rows.aoi()}}


FILE = {"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": POLYGON, "properties": {}}]}

ROWS = [
    Row("public-read GET /api/v1/labels/"),
    Row(
        "owner POST /api/v1/labels/",
        label,
        row=True,
        but={"private stranger": 400},
        why="the body names what is not there",
    ),
    Row("public-read GET /api/v1/labels/{label_id}/"),
    Row("owner PATCH /api/v1/labels/{label_id}/", {"type": "Feature", "properties": {"tags": {"building": "yes"}}}),
    Row(
        "owner PUT /api/v1/labels/{label_id}/",
        label,
        but={"admin": 200, "owner": 200},
        why="the new AOI is the owner's",
    ),
    Row("owner DELETE /api/v1/labels/{label_id}/"),
    Row("owner POST /api/v1/labels/osm/fetch/{aoi_id}/"),
    Row("owner POST /api/v1/labels/upload/{aoi_id}/", FILE),
]
