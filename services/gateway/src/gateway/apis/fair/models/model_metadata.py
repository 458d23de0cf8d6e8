"""Bodies that base and local models share: pins, texts, STAC properties."""

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from contracts.catalog import curation as c
from gateway.http.inputs.fields import Body, TileTemplate

EXTENSIONS_HOST = "stac-extensions.github.io"
IDENTITY = frozenset({"mlm:name"})
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]


class PinPoint(Body):
    """GeoJSON Point."""

    type: Literal["Point"]
    coordinates: tuple[Longitude, Latitude]


class PinBody(Body):
    is_pinned: bool = True
    source_imagery: TileTemplate | Literal[""] | None = None
    pinned_location: PinPoint | None = None

    def command(self, registry: c.ModelKind, model_id: int) -> c.PinModel:
        point = self.pinned_location.coordinates if self.pinned_location else None
        return c.PinModel(
            registry=registry, model_id=model_id, is_pinned=self.is_pinned, source_imagery=self.source_imagery,
            pinned_location=point,
        )  # fmt: skip


class Zoom(Body):
    recommended: int = Field(ge=0, le=24)


class Imagery(Body):
    url: str
    type: str


class Preview(Body):
    center: tuple[Longitude, Latitude]
    zoom: Zoom
    imagery: Imagery


class MetadataBody(Body):
    title: str | None = Field(None, max_length=200)
    description: str | None = None
    fair_preview: Preview | None = None

    @model_validator(mode="after")
    def _something(self) -> "MetadataBody":
        if not self.model_dump(exclude_none=True):
            raise ValueError("at least one of title, description, fair_preview is needed")
        return self

    def command(self, registry: c.ModelKind, model_id: int) -> c.DescribeModel:
        return c.DescribeModel(registry=registry, model_id=model_id, **self.model_dump(mode="json"))


def _extension(url: str) -> str:
    if urlsplit(url).hostname != EXTENSIONS_HOST:
        raise ValueError(f"must be an address at {EXTENSIONS_HOST}")
    return url


class StacBody(Body):
    properties: dict[str, Any] | None = Field(None, min_length=1)
    stac_extensions: list[Annotated[str, AfterValidator(_extension)]] | None = None

    @model_validator(mode="after")
    def _something(self) -> "StacBody":
        if self.properties is None and self.stac_extensions is None:
            raise ValueError("properties or stac_extensions is needed")
        if IDENTITY & set(self.properties or ()):
            raise ValueError("the identity of an item cannot be changed")
        return self

    def command(self, registry: c.ModelKind, model_id: int) -> c.EditModelStac:
        return c.EditModelStac(registry=registry, model_id=model_id, **self.model_dump())
