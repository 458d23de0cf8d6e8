"""Images of the label store."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from contracts.base import Command, Contract, Event, Query
from contracts.catalog.label_shared import Id, Latitude, ListPage, Longitude, Metadata
from contracts.shared import Json

Path = Annotated[str, Field(min_length=1, max_length=1024, examples=["fairway/uploads/danube-2026/0001.jpg"])]
Text128 = Annotated[str, Field(max_length=128)]
Pixels = Annotated[int, Field(ge=1, lt=2**31)]
ClusterId = int


class ImageSetName(Contract):
    imageset_id: int
    title: str


class Location(Contract):
    """Where a picture was taken, EPSG:4326 degrees. Latitude and longitude come together."""

    description: str | None = Field(default=None, max_length=1024)
    lat: Latitude | None = None
    lon: Longitude | None = None


class Dimensions(Contract):
    """Pixels of the stored grid; an EXIF orientation is not applied."""

    width: Pixels | None = None
    height: Pixels | None = None


class ImageFile(Contract):
    filetype: str | None = Field(default=None, max_length=128)
    filesize: int | None = Field(default=None, ge=0, lt=2**63)
    dimensions: Dimensions = Dimensions()
    orientation: int | None = Field(default=None, ge=1, le=8)
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")


class Georef(Contract):
    """x = a·col + b·row + c, y = d·col + e·row + f in `crs`, for `transform` = (a, b, c, d, e, f)."""

    crs: str = Field(max_length=64, examples=["EPSG:32631"])
    transform: tuple[float, float, float, float, float, float]


class Image(Contract):
    image_id: int
    blobstorage_path: str
    imageset: ImageSetName | None
    date_taken: datetime | None
    location: Location
    type: str | None
    metadata: Json | None
    tss_id: str | None
    file: ImageFile
    georef: Georef | None
    date_added: datetime


class NewImage(Contract):
    """A picture that lies in the bucket already."""

    filepath: Path
    imageset_id: Id | None = None
    date_taken: datetime | None = None
    location: Location | None = None
    type: Text128 | None = None
    metadata: Metadata = None
    tss_id: Text128 | None = None
    georef: Georef | None = None
    file: ImageFile | None = None


class RegisterImages(Command, wire="catalog.v1.register_images"):
    """Result: `{"images": [Image]}` in the order of the request, 201. With `inspect` the objects are read and `file` is
    filled; NotFound for an absent one, Unprocessable `too_large` for more than 500 images. Without, the store is not
    touched. Conflict for a path that exists or a set that is not `created`. All or nothing."""

    expires = 60.0
    images: list[NewImage]
    inspect: bool = True


class InspectImages(Query, wire="catalog.v1.inspect_images"):
    """Returns for each key what its file says, in the same order; NotFound for an absent object. The catalog asks its
    workers, which have the libraries."""

    keys: list[str] = Field(max_length=100)


class ChangeImage(Command, wire="catalog.v1.change_image"):
    """Changes the fields named in `changed`; a `location` replaces the whole object. Unprocessable `invalid_value` for
    one of latitude and longitude without the other."""

    expires = 30.0
    image_id: Id
    changed: list[str] = Field(examples=[["type"]])
    date_taken: datetime | None = None
    location: Location = Location()
    type: Text128 | None = None
    metadata: Metadata = None
    tss_id: Text128 | None = None
    georef: Georef | None = None


class GetImage(Query, wire="catalog.v1.get_image"):
    """NotFound before Forbidden: a labeller may tell an absent image from one of others."""

    image_id: Id


class GetImageUrl(Query, wire="catalog.v1.get_image_url"):
    """Result: `SignedUrl`, whether or not the object exists. NotFound before Forbidden."""

    image_id: Id


class ListImages(Query, wire="catalog.v1.list_images"):
    """Filters are combined with AND. `without_set`: those in no set. `labeled`: in at least one campaign. Times are
    inclusive. `bbox`: west, south, east, north in degrees."""

    page: ListPage = ListPage()
    imageset_id: Id | None = None
    without_set: bool = False
    campaign_id: Id | None = None
    labeled: bool | None = None
    type: str | None = None
    filetype: str | None = None
    tss_id: str | None = None
    path_prefix: str | None = None
    taken_from: datetime | None = None
    taken_to: datetime | None = None
    bbox: tuple[Longitude, Latitude, Longitude, Latitude] | None = None


class ListImagesOfSet(Query, wire="catalog.v1.list_images_of_set"):
    """As `ListImages` with `imageset_id`, but NotFound for an unknown set."""

    page: ListPage = ListPage()
    imageset_id: Id


class ListSimilarImages(Query, wire="catalog.v1.list_similar_images"):
    """Result: a list of `{image, kind: "exact" | "near", distance}`; `distance` is that of the perceptual hashes, in
    bits of 64."""

    image_id: Id
    max_distance: int = Field(default=8, ge=0, le=16)


class ListImageIds(Query, wire="catalog.v1.list_image_ids"):
    """Result: `{"ids": [...], "next": id | None}`, ids after `after` in order, at most 50,000."""

    after: int = 0
    campaign_id: Id | None = None
    labeled: bool | None = None


class ImagesRegistered(Event, wire="catalog.v1.images_registered"):
    """At most 1,000 ids."""

    imageset_id: int | None
    image_ids: list[int]
