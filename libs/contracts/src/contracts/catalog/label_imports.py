"""Imports of annotations into a campaign."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from contracts.base import Command, Contract, Event, Job, Query
from contracts.catalog.label_shared import Id, LabelName, ListPage
from contracts.shared import Outcome

ImportFormat = Literal["coco", "yolo", "voc", "geojson"]
ImportMode = Literal["objects", "predictions"]
ImportState = Literal["waiting", "queued", "running", "done", "failed", "cancelled"]
MatchBy = Literal["file_name", "sha256"]
Uri = Annotated[
    str, Field(min_length=1, max_length=2048, examples=["s3://fairway/label-datasets/d/v1/exports/coco.zip"])
]


class ImportOptions(Contract):
    """`labels` renames labels of the file; null leaves its objects out. `first_pixel` is the number of the first pixel
    in VOC files that do not say it. `label` is that of GeoJSON features without one. `model` names the source of
    predictions."""

    format: ImportFormat
    mode: ImportMode = "objects"
    match_by: MatchBy = "file_name"
    dry_run: bool = False
    labels: Annotated[dict[LabelName, LabelName | None], Field(max_length=10_000)] = {}
    label: LabelName = "object"
    model: str | None = Field(default=None, min_length=1, max_length=200)
    first_pixel: Literal[0, 1] | None = None


class ImportReport(Contract):
    """What became of everything in the file; of a dry run what would become of it. `labels` counts objects by label;
    `unknown_labels` are those that the campaign has not had yet. `unmatched_files` are the first 100 pictures that are
    no images of the campaign."""

    images: Outcome
    objects: Outcome
    labels: dict[str, int] = {}
    unknown_labels: list[str] = []
    unmatched_files: list[str] = []


class LabelImport(Contract):
    """`waiting` is an import whose file is still to be uploaded. Progress is `images_done` of `images_total`."""

    import_id: int = Field(examples=[5])
    campaign_id: int
    options: ImportOptions
    uri: str | None
    state: ImportState
    images_done: int
    images_total: int | None
    report: ImportReport | None
    error: str | None
    created_by: str
    created_at: datetime
    updated_at: datetime


class CreateLabelImport(Command, wire="catalog.v1.create_label_import"):
    """Without `uri` the import waits for its file; ask `GetLabelImportUpload` for the grant. With one, an object in the
    folders of the label store, it is queued. Result: `LabelImport`, 202. By `image-admin`. Conflict unless the campaign
    is `active`."""

    campaign_id: Id
    options: ImportOptions = Field(examples=[{"format": "coco", "labels": {"fles": "bottle"}}])
    uri: Uri | None = None


class StartLabelImport(Command, wire="catalog.v1.start_label_import"):
    """Queues an import whose file was uploaded, or that failed. Conflict for others, and while there is not exactly one
    file. Result: `LabelImport`, 202."""

    import_id: Id


class CancelLabelImport(Command, wire="catalog.v1.cancel_label_import"):
    """What is stored already stays, and `images_done` says how much that is. Conflict for an import that has ended.
    Result: `LabelImport`."""

    import_id: Id


class GetLabelImport(Query, wire="catalog.v1.get_label_import"):
    import_id: Id


class GetLabelImportUpload(Query, wire="catalog.v1.get_label_import_upload"):
    """Result: `UploadGrant`. Conflict unless the import is `waiting`."""

    import_id: Id


class ListLabelImports(Query, wire="catalog.v1.list_label_imports"):
    page: ListPage = ListPage()
    campaign_id: Id


class RunLabelImportJob(Job, wire="catalog.v1.run_label_import"):
    group = "bulk"
    import_id: int = Field(examples=[5])
    run: int = Field(examples=[1])


class LabelImportEnded(Event, wire="catalog.v1.label_import_ended"):
    """`images` and `objects` say what became of everything in the file; `user_id` is who asked for it."""

    import_id: int = Field(examples=[5])
    campaign_id: int
    state: ImportState = Field(examples=["done"])
    error: str | None = None
    images: Outcome | None = None
    objects: Outcome | None = None
    user_id: int | None = None

    def topics(self) -> tuple[str, ...]:
        return (f"label_campaign:{self.campaign_id}",)

    def aggregate(self) -> str:
        return str(self.import_id)
