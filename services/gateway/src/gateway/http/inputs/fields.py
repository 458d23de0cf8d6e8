"""Types of the fields that several bodies, paths and queries have."""

from typing import Annotated

from fastapi import Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from contracts.imagery import checked_address

MAX_ID = 2**63 - 1
Id = Annotated[int, Field(ge=1, le=MAX_ID)]
UserId = Annotated[int, Field(ge=-MAX_ID, le=MAX_ID)]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
TileTemplate = Annotated[str, Field(max_length=4096), AfterValidator(checked_address)]
"""Address of tiles with placeholders, or of a TileJSON that names it."""
Keywords = list[Annotated[str, Field(min_length=1, max_length=80)]]
ObjectKey = Annotated[str, Path(max_length=1024)]
MAX_OSM_FEATURES = 10_000
"""Features of one conversion to OSM XML or of one comparison with OpenStreetMap."""


class Body(BaseModel):
    """Unknown members are ignored, as older clients expect."""

    model_config = ConfigDict(extra="ignore")


def training_feedback_id(training_id: int) -> str:
    """Returns the `stac_id` of feedback on a training, whose model may not have an item yet."""
    return f"training-{training_id}"
