"""Image sets: where files arrive, and how they become images."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from contracts.base import Command, Contract, Event, Job, Query
from contracts.catalog.label_shared import Id, ImageRef, JobState, ListPage, Metadata, Title
from contracts.shared import Json, Outcome

ImageSetStatus = Literal["created", "finished"]


class IngestStatus(Contract):
    """`outcome` says of each file that was left out or registered with less than it should have, why."""

    state: JobState
    files_total: int = 0
    files_registered: int = 0
    files_unreadable: int = 0
    error: str | None = None
    updated_at: datetime | None = None
    outcome: Outcome | None = None


class ImageSet(Contract):
    imageset_id: int
    title: str
    status: ImageSetStatus
    metadata: Json | None
    blobstorage_path: str
    date_created: datetime
    date_finished: datetime | None
    created_by: str
    ingest: IngestStatus


class UploadGrant(Contract):
    """A presigned POST. `fields` are sent unchanged before the file; `key` may be any key below `key_prefix`."""

    method: Literal["POST"] = "POST"
    url: str
    fields: dict[str, str]
    key_prefix: str
    max_bytes: int
    expires_at: datetime


class CreateImageSet(Command, wire="catalog.v1.create_image_set"):
    """Result: `ImageSet`; ask `GetUploadGrant` for its grant. Unprocessable `invalid_name`, Conflict for a taken title,
    Unavailable while the object store is away; nothing is stored then."""

    expires = 30.0
    title: Title
    metadata: Metadata = None


class ChangeImageSet(Command, wire="catalog.v1.change_image_set"):
    """`finished` queues the ingest. Conflict for any other change; its detail names both states."""

    expires = 30.0
    imageset_id: Id
    new_status: ImageSetStatus


class AddImagesToSet(Command, wire="catalog.v1.add_images_to_set"):
    """Puts existing images into a set that is `created`. All or nothing."""

    expires = 30.0
    imageset_id: Id
    images: list[ImageRef]


class DeleteImageSetFile(Command, wire="catalog.v1.delete_image_set_file"):
    """Deletes a file that waits in the set. Conflict unless the set is `created`."""

    expires = 30.0
    imageset_id: Id
    name: str


class RetryIngest(Command, wire="catalog.v1.retry_ingest"):
    """Conflict unless the last ingest has failed. Result: `ImageSet`, 202."""

    imageset_id: Id


class GetImageSet(Query, wire="catalog.v1.get_image_set"):
    imageset_id: Id


class ListImageSets(Query, wire="catalog.v1.list_image_sets"):
    """`title` is part of the title, ignoring case."""

    page: ListPage = ListPage()
    status: ImageSetStatus | None = None
    created_by: str | None = None
    title: str | None = None


class GetUploadGrant(Query, wire="catalog.v1.get_upload_grant"):
    """Result: `UploadGrant`. Conflict unless the set is `created`."""

    imageset_id: Id


class ListImageSetFiles(Query, wire="catalog.v1.list_image_set_files"):
    """Files that wait in the set, by name: `{name, size, last_modified}`."""

    page: ListPage = ListPage()
    imageset_id: Id


class GetImageSetFile(Query, wire="catalog.v1.get_image_set_file"):
    """Result: `SignedUrl`; NotFound for a file that is not there."""

    imageset_id: Id
    name: str


class IngestImageSetJob(Job, wire="catalog.v1.ingest_image_set"):
    """`run` numbers the ingests of a set; the job of an older run does nothing."""

    group = "bulk"
    imageset_id: int
    run: int = 1


class ImageSetEvent(Event):
    imageset_id: int
    title: str = Field(examples=["danube-2026"])

    def aggregate(self) -> str:
        return str(self.imageset_id)


class ImageSetCreated(ImageSetEvent, wire="catalog.v1.image_set_created"):
    created_by: str


class ImageSetFinishRequested(ImageSetEvent, wire="catalog.v1.image_set_finish_requested"):
    pass


class ImageSetIngested(ImageSetEvent, wire="catalog.v1.image_set_ingested"):
    files_total: int
    files_registered: int
    files_unreadable: int
    outcome: Outcome


class ImageSetIngestFailed(ImageSetEvent, wire="catalog.v1.image_set_ingest_failed"):
    error: str
