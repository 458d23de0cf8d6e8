"""Files in the object store: downloads that the public catalogue points at, pipeline artifacts, the workspace."""

from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from pydantic import Field

from contracts.base import Contract, Job, Live, Query
from contracts.shared import Progress


class Link(Contract):
    """An address that works for `expires_in` seconds. Whether something is there is not told."""

    url: str
    expires_in: int


class Stored(Contract):
    size: int
    etag: str
    content_type: str
    last_modified: datetime


class GetDownload(Query, wire="catalog.v1.get_download"):
    """A Link to the mirrored file of an item's asset; NotFound for other assets, collections, and without a file."""

    collection: str
    item_id: str
    asset: str


class GetArtifact(Query, wire="catalog.v1.get_artifact"):
    """A Link to a public pipeline artifact. NotFound for every other place of the store."""

    bucket: str
    key: str


class HeadArtifact(Query, wire="catalog.v1.head_artifact"):
    """Stored; NotFound also when there is no such object."""

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
    """One level under a prefix. `next` continues it, None at its end."""

    folders: list[Folder]
    files: list[StoredFile]
    next: str | None = None


class ListWorkspace(Query, wire="catalog.v1.list_workspace"):
    """Administrators see the whole bucket, others what belongs to rows they may see. NotFound elsewhere."""

    prefix: str = Field(default="", max_length=1024)
    limit: int = Field(default=1000, ge=1, le=1000)
    continuation: str = Field(default="", max_length=2048)


class GetWorkspaceUrl(Query, wire="catalog.v1.get_workspace_url"):
    """A Link to any key that the caller may see."""

    key: str = Field(min_length=1, max_length=1024)


class ReadFeatures(Query, wire="catalog.v1.read_features"):
    """Features of a FlatGeobuf that the caller may see, where they touch the box: `{"features", "next"}`. `next` is the
    `skip` of what follows, null at the end."""

    key: str = Field(min_length=1, max_length=1024, pattern=r"\.fgb$")
    box: tuple[float, float, float, float]
    skip: int = Field(default=0, ge=0)
    limit: int = Field(default=5000, ge=1, le=5000)


class MirrorJob(Job, wire="catalog.v1.mirror_stac_assets"):
    """Copies an item's downloadable assets to where everybody may fetch them, and points the item there."""

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
