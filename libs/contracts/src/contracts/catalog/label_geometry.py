"""Shapes of labelled objects, in pixels of the stored grid: origin top left, x to the right, y down."""

from typing import Annotated, Literal

from pydantic import Field, FiniteFloat, model_validator

from contracts.base import Contract
from contracts.catalog.label_shared import LabelName

PixelEdge = Annotated[int, Field(ge=0, le=2_147_483_647)]
Position = tuple[FiniteFloat, FiniteFloat]


class BoundingBox(Contract):
    """`xmin`, `ymin` are the first column and row, `xmax`, `ymax` the edge after the last."""

    xmin: PixelEdge
    xmax: PixelEdge
    ymin: PixelEdge
    ymax: PixelEdge


class PolygonShape(Contract):
    """Parts of one object, each an outer ring and its holes, along pixel edges; rings are closed or not."""

    type: Literal["polygon"]
    coordinates: list[list[list[Position]]] = Field(min_length=1, max_length=1000)


class MaskShape(Contract):
    """COCO run lengths: `counts` is the compressed text or the list of runs, column by column; `size` is (height,
    width)."""

    type: Literal["mask"]
    size: tuple[int, int]
    counts: str | list[int]


class RotatedBoxShape(Contract):
    """`angle` in degrees, clockwise on the screen, around the centre."""

    type: Literal["rotated_box"]
    cx: FiniteFloat
    cy: FiniteFloat
    width: FiniteFloat = Field(gt=0)
    height: FiniteFloat = Field(gt=0)
    angle: FiniteFloat = Field(ge=-360, le=360)


class PointShape(Contract):
    type: Literal["point"]
    x: FiniteFloat
    y: FiniteFloat


class WholeImageShape(Contract):
    """A class of the whole picture."""

    type: Literal["image"]


Shape = Annotated[
    PolygonShape | MaskShape | RotatedBoxShape | PointShape | WholeImageShape, Field(discriminator="type")
]


class NewObject(Contract):
    """An object as a labeller sends it: a box, or a shape from which the box is derived."""

    label: LabelName
    label_translated: LabelName | None = None
    confidence: float | None = Field(default=None, ge=0, le=1)
    bounding_box: BoundingBox | None = None
    geometry: Shape | None = None

    @model_validator(mode="after")
    def _has_a_shape(self) -> "NewObject":
        if self.bounding_box is None and self.geometry is None:
            raise ValueError("bounding_box is required when there is no geometry")
        return self
