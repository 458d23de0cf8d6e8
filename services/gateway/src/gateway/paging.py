"""Query parameters of lists. Illegal values are refused, unknown parameters and orderings ignored."""

import math
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, model_validator

from contracts.shared import Page
from gateway.body import MAX_ID

MOST = 1000
Box = tuple[float, float, float, float]


def box_of(text: str) -> Box:
    """minLon,minLat,maxLon,maxLat; ValueError when malformed."""
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise ValueError("must be minLon,minLat,maxLon,maxLat") from None
    if not all(map(math.isfinite, (west, south, east, north))) or west > east or south > north:
        raise ValueError("must be finite numbers, the smaller ones first")
    return west, south, east, north


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
    """An empty value means the same as none."""

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
        """What narrows the list, by name of the query's field."""
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
        None, max_length=200, description="minLon,minLat,maxLon,maxLat", examples=["85.51,27.62,85.52,27.63"]
    )


class Expanding(Filters):
    expand: Word = Field("", description="`stac` fills the member of that name")
