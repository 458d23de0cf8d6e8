from pydantic import Field

from contracts.catalog.label_campaigns import GroupBy
from gateway.apis.labelstore.shared.inputs import StrictBody


class SplitBody(StrictBody):
    """Images of one group are always on the same side. Fractions are of the sum of all three."""

    train: float = Field(default=0.8, ge=0, le=1e6)
    val: float = Field(default=0.1, ge=0, le=1e6)
    test: float = Field(default=0.1, ge=0, le=1e6)
    group_by: GroupBy = "imageset"
    seed: str = Field(default="", max_length=64)
