"""Bodies that describe images."""

from typing import Annotated, Any

from pydantic import AwareDatetime, Field, FiniteFloat

from gateway.apis.labelstore.shared.inputs import StrictBody
from gateway.http.inputs.fields import MAX_ID

Time = Annotated[AwareDatetime | None, Field(strict=False, examples=["2026-03-04T05:06:07Z"])]
Text128 = Annotated[str | None, Field(max_length=128)]
Pixels = Annotated[int | None, Field(ge=1, lt=2**31)]
Transform = Annotated[list[FiniteFloat], Field(min_length=6, max_length=6)]


class LocationBody(StrictBody):
    """Latitude and longitude in degrees (EPSG:4326) come together."""

    description: str | None = Field(default=None, max_length=1024)
    lat: float | None = Field(default=None, ge=-90, le=90)
    lon: float | None = Field(default=None, ge=-180, le=180)


class DimensionsBody(StrictBody):
    width: Pixels = None
    height: Pixels = None


class FileBody(StrictBody):
    filetype: Text128 = None
    filesize: int | None = Field(default=None, ge=0, le=MAX_ID)
    dimensions: DimensionsBody = DimensionsBody()
    orientation: int | None = Field(default=None, ge=1, le=8)
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")


class GeorefBody(StrictBody):
    """`transform` is a, b, c, d, e, f with x = a·col + b·row + c and y = d·col + e·row + f."""

    crs: str = Field(max_length=64, examples=["EPSG:32631"])
    transform: Transform


class ImagePatch(StrictBody):
    """Members that are omitted keep their value."""

    date_taken: Time = None
    location: LocationBody = LocationBody()
    type: Text128 = None
    metadata: dict[str, Any] | None = None
    tss_id: Text128 = None
    georef: GeorefBody | None = None

    def changes(self) -> dict[str, Any]:
        return self.model_dump(exclude_unset=True)


class NewImageBody(StrictBody):
    """A picture that lies in the bucket already."""

    filepath: str = Field(min_length=1, max_length=1024, examples=["fairway/uploads/danube-2026/0001.jpg"])
    imageset_id: int | None = Field(default=None, ge=0, le=MAX_ID)
    date_taken: Time = None
    location: LocationBody | None = None
    type: Text128 = None
    metadata: dict[str, Any] | None = None
    tss_id: Text128 = None
    georef: GeorefBody | None = None
    file: FileBody | None = None
