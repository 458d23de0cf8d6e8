"""Inputs of label routes in every API: the filters of a list, the body of an upload, and what they refuse alike."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from contracts.catalog.labels import Tile
from gateway.http.inputs.fields import Id
from gateway.http.pagination import Boxed

MAX_ZOOM = 24
SAME_SHAPE = {409: "Another label of the area has this shape."}
"""Of what changes a label."""
UPLOAD_BODY = {
    "requestBody": {"required": True, "content": {
        "application/json": {"schema": {"type": "object", "description": "GeoJSON FeatureCollection"}},
        "multipart/form-data": {"schema": {
            "type": "object", "required": ["geojson_file"],
            "properties": {"geojson_file": {"type": "string", "format": "binary"}},
        }},
    }}
}  # fmt: skip


def tile_of(text: str) -> Tile:
    """Parses z/x/y. Raises ValueError when no such tile exists."""
    try:
        z, x, y = (int(part) for part in text.split("/"))
    except ValueError:
        raise ValueError("must be z/x/y") from None
    if not (0 <= z <= MAX_ZOOM and 0 <= x < 2**z and 0 <= y < 2**z):
        raise ValueError(f"there is no such tile; z goes from 0 to {MAX_ZOOM}")
    return z, x, y


def _tile_text(text: str | None) -> str | None:
    if text is not None:
        tile_of(text)
    return text


class LabelFilters(Boxed):
    aoi: Id | None = None
    aoi__dataset: Id | None = None
    tile: Annotated[str | None, AfterValidator(_tile_text)] = Field(
        None, max_length=40, description="z/x/y", examples=["19/386697/220243"]
    )

    def fields(self) -> dict[str, Any]:
        return {"aoi": self.aoi, "dataset": self.aoi__dataset, "tile": tile_of(self.tile) if self.tile else None}
