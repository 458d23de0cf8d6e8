"""The reliability plot of a published model: how often its answers of each confidence are right."""

from io import BytesIO
from typing import Annotated, Any, cast

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from geoml.reliability import BINS, ReliabilityBin
from geoml.reliability_plot import render_reliability

Share = Annotated[float, Field(ge=0, le=1)]


class Bin(BaseModel):
    """A `geoml.reliability.ReliabilityBin`, as a plug-in of anybody tells it."""

    confidence: Share
    right: Share
    count: int


_BINS = TypeAdapter(Annotated[list[Bin], Field(min_length=1, max_length=BINS)])


def reliability_plot(told: Any) -> bytes | None:
    """Returns a PNG; None for anything but the bins of a plot."""
    try:
        bins = _BINS.validate_python(told)
    except ValidationError:
        return None
    file = BytesIO()
    render_reliability(cast("list[ReliabilityBin]", [one.model_dump() for one in bins])).save(file, "png")
    return file.getvalue()
