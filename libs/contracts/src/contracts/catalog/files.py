"""Files in the object store: downloads that the public catalogue links to, pipeline artifacts, the workspace."""

from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from pydantic import Field

from contracts.base import Contract, Job, Live, Query
from contracts.shared import Progress


class Link(Contract):
    """An address that works for `expires_in` seconds. It does not say whether the object exists."""

    url: str
    expires_in: int


class Stored(Contract):
    size: int
    etag: str
    content_type: str
    last_modified: datetime


class GetDownload(Query, wire="catalog.v1.get_download"):
    """Returns a Link to the file of an item's asset. NotFound for other assets and collections, for assets without a
    file, and for what belongs to another user's private row. `name` is the file name, where the address states one;
    `head` asks for an address that answers HEAD."""

    collection: str
    item_id: str
    asset: str
    name: str | None = None
    head: bool = False


class GetArtifact(Query, wire="catalog.v1.get_artifact"):
    """Returns a Link to a public pipeline artifact. NotFound for every other key of the store."""

    bucket: str
    key: str


class HeadArtifact(Query, wire="catalog.v1.head_artifact"):
    """Returns `Stored`; NotFound also when there is no such object."""

    bucket: str
    key: str


class Folder(Contract):
    name: str
    prefix: str


class StoredFile(Contract):
    key: str
    size: int
    last_modified: datetime


class Workspace(Contract):
    """One level under a prefix. `next` is the cursor of the next page, None at the end."""

    folders: list[Folder]
    files: list[StoredFile]
    next: str | None = None


class ListWorkspace(Query, wire="catalog.v1.list_workspace"):
    """Administrators see the whole bucket, others see what belongs to rows that they may see. NotFound elsewhere."""

    prefix: str = Field(default="", max_length=1024)
    limit: int = Field(default=1000, ge=1, le=1000)
    continuation: str = Field(default="", max_length=2048)


class GetWorkspaceUrl(Query, wire="catalog.v1.get_workspace_url"):
    """Returns a Link to any key that the caller may see."""

    key: str = Field(min_length=1, max_length=1024)


class ReadFeatures(Query, wire="catalog.v1.read_features"):
    """Returns the features of a FlatGeobuf that touch the box, if the caller may see the file: `{"features", "next"}`.
    `next` is the `skip` of the next page, null at the end."""

    key: str = Field(min_length=1, max_length=1024, pattern=r"\.fgb$")
    box: tuple[float, float, float, float]
    skip: int = Field(default=0, ge=0)
    limit: int = Field(default=5000, ge=1, le=5000)


class MirrorJob(Job, wire="catalog.v1.mirror_stac_assets"):
    """Copies an item's downloadable assets to public keys, and changes the item's links to them."""

    collection: str
    item_id: str
    user_id: int


class MirrorProgress(Live, wire="catalog.v1.mirror_progress"):
    collection: str
    item_id: str
    user_id: int
    progress: Progress

    def key(self) -> str:
        return uuid5(NAMESPACE_URL, f"{self.collection}/{self.item_id}").hex

    def audience(self) -> tuple[int, ...]:
        return (self.user_id,)
