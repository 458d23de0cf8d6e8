"""Changes that administrators and owners make to registered datasets and models: pins, texts, STAC properties. All of
them end in STAC."""

from typing import Literal

from pydantic import Field

from contracts.base import Command, Contract, Query
from contracts.shared import Json

ModelKind = Literal["base", "local"]
"""Which of the two lists of models an id belongs to."""


class PinDataset(Command, wire="catalog.v1.pin_dataset"):
    """Result: the row with its `stac` facet."""

    expires = 60.0
    dataset_id: int
    is_pinned: bool = True


class PinModel(Command, wire="catalog.v1.pin_model"):
    """`pinned_location` is longitude, latitude; an empty `source_imagery` clears it, None leaves it."""

    expires = 60.0
    registry: ModelKind
    model_id: int
    is_pinned: bool = True
    source_imagery: str | None = None
    pinned_location: tuple[float, float] | None = None


class DescribeModel(Command, wire="catalog.v1.describe_model"):
    """At least one field is given; `fair_preview` is `{"center", "zoom", "imagery"}`."""

    expires = 60.0
    registry: ModelKind
    model_id: int
    title: str | None = None
    description: str | None = None
    fair_preview: Json | None = None


class EditModelStac(Command, wire="catalog.v1.edit_model_stac"):
    """`properties` are merged on the first level."""

    expires = 60.0
    registry: ModelKind
    model_id: int
    properties: Json | None = None
    stac_extensions: list[str] | None = None


class Town(Contract):
    """`country_code` is ISO 3166-1 alpha-2."""

    name: str
    country: str
    country_code: str


class FindTowns(Query, wire="catalog.v1.find_towns"):
    """Returns the nearest `Town` of each point (longitude, latitude). The catalog asks its workers, which have what the
    search needs."""

    points: list[tuple[float, float]] = Field(max_length=100)


class ListPinnedModels(Query, wire="catalog.v1.list_pinned_models"):
    """Returns `PinnedModels`: those that the caller may see."""

    expand: bool = False
