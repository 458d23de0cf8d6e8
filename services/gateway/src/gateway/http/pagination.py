"""Query parameters of lists. Illegal values are refused; unknown parameters and orderings are ignored."""

import math
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, model_validator

from contracts.shared import Page
from gateway.http.inputs.fields import MAX_ID

MOST = 1000
MAX_LONGITUDE = 540.0
"""Largest longitude in degrees that a scrolled map may send."""
Box = tuple[float, float, float, float]


def box_of(text: str) -> Box:
    """Parses minLon,minLat,maxLon,maxLat within ±180°; minLon > maxLon crosses the antimeridian (RFC 7946, 5.2).
    Longitudes of a map that was scrolled over the antimeridian are normalized. Raises ValueError."""
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise ValueError("must be minLon,minLat,maxLon,maxLat") from None
    if not all(map(math.isfinite, (west, south, east, north))) or south > north:
        raise ValueError("must be finite numbers, the smaller latitude first")
    if max(abs(west), abs(east)) > MAX_LONGITUDE:
        raise ValueError("must have longitudes within ±180")
    if east - west >= 360:
        return -180.0, south, 180.0, north
    return _brought_back(west), south, _brought_back(east), north


def _brought_back(longitude: float) -> float:
    turns = math.floor((longitude + 180) / 360) if abs(longitude) > 180 else 0
    return longitude - 360 * turns


def _box_text(text: str | None) -> str | None:
    if text is not None:
        box_of(text)
    return text


def _plain(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not contain NUL characters")
    return text


Word = Annotated[str, Field(max_length=200), AfterValidator(_plain)]


class Filters(BaseModel):
    """An empty value means the same as an omitted parameter."""

    limit: int | None = Field(None, ge=1, le=MAX_ID, description=f"Rows of a page, at most {MOST}")
    offset: int = Field(0, ge=0, le=MAX_ID)

    @model_validator(mode="before")
    @classmethod
    def _given(cls, values: Any) -> Any:
        return {k: v for k, v in values.items() if v != ""} if isinstance(values, dict) else values

    def page(self, size: int) -> Page:
        box = getattr(self, "in_bbox", None)
        return Page(
            limit=min(self.limit or size, MOST), offset=self.offset, search=getattr(self, "search", ""),
            ordering=getattr(self, "ordering", ""), in_bbox=box_of(box) if box else None,
        )  # fmt: skip

    def fields(self) -> dict[str, Any]:
        """Returns the filters of the list, by name of the query's field."""
        fields = self.model_dump(exclude={"limit", "offset", "search", "ordering", "in_bbox"})
        if "expand" in fields:
            fields["expand"] = fields["expand"] == "stac"
        return fields


class Searched(Filters):
    search: Word = ""


class Ordered(Filters):
    ordering: Word = Field("", description="Comma-separated fields, `-` in front for descending")


class Boxed(Filters):
    in_bbox: Annotated[str | None, AfterValidator(_box_text)] = Field(
        None,
        max_length=200,
        description="minLon,minLat,maxLon,maxLat; minLon > maxLon crosses the antimeridian",
        examples=["85.51,27.62,85.52,27.63"],
    )


class Expanding(Filters):
    expand: Word = Field("", description="`stac` fills the member of that name")
