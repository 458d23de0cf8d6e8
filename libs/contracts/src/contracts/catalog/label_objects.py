"""Labelled objects: submission, review and history."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from contracts.base import Command, Contract, Event, Query
from contracts.catalog.label_geometry import BoundingBox, NewObject
from contracts.catalog.label_shared import Id, ListPage
from contracts.shared import Json, Outcome


class LabeledObject(Contract):
    object_id: int
    image_id: int
    campaign_id: int
    label: str
    label_original: str
    bounding_box: BoundingBox
    geometry: Json | None = None
    confidence: float | None
    date_added: datetime


class ImageObjects(Contract):
    """What a labeller says of one image; no object is an answer as well."""

    image_id: Id
    objects: list[NewObject]


class SubmitObjects(Command, wire="catalog.v1.submit_objects"):
    """Replaces the objects of each image in this campaign; all or nothing. Refusals, in this order: Forbidden, NotFound
    campaign, Conflict unless `active`, NotFound image, Unprocessable `duplicate_image`, Conflict for an image that is
    not leased (in campaigns that use leases) or accepted already, Unprocessable `invalid_bounding_box`,
    `invalid_geometry`."""

    campaign_id: Id
    images: list[ImageObjects]


class ListCampaignObjects(Query, wire="catalog.v1.list_campaign_objects"):
    """Rows: `{image_id, url, objects: [LabeledObject]}`; pages count images. `label` is the final label."""

    page: ListPage = ListPage(per_page=1000)
    campaign_id: Id
    labeled: bool | None = None
    label: str | None = None


class ListImageObjects(Query, wire="catalog.v1.list_image_objects"):
    """Result: the `LabeledObject`s of exactly one campaign, by id: the first of `campaigns` in which the image is
    labelled; without `campaigns` the one that was finished last. NotFound names the first unknown campaign."""

    image_id: Id
    campaigns: list[Id] | None = None


class Decision(Contract):
    image_id: Id
    accepted: bool
    comment: str | None = Field(default=None, max_length=2000)


class ReviewImages(Command, wire="catalog.v1.review_images"):
    """By `reviewer` of the campaign or `image-admin`. Accepted images cannot be submitted again by a labeller; rejected
    ones go back to the labeller who sent them. Conflict for an image that is not `submitted`; all or nothing. Result:
    `{"accepted", "rejected"}`, counts."""

    expires = 30.0
    campaign_id: Id
    decisions: list[Decision] = Field(max_length=1000)


class ListRevisions(Query, wire="catalog.v1.list_object_revisions"):
    """Result: a list, the newest first, of `{revision, by, at, kind, current, review, reviewed_by, comment, objects}`
    where `kind` is `submission`, `restore`, `import`, `consensus` or `truth`."""

    campaign_id: Id
    image_id: Id


class RestoreRevision(Command, wire="catalog.v1.restore_object_revision"):
    """The objects of an older revision become current as a new one. By `image-admin`."""

    expires = 30.0
    campaign_id: Id
    image_id: Id
    revision: Id


class MarkTruth(Command, wire="catalog.v1.mark_label_truth"):
    """Images become reference images, by an image-admin: their objects are what is true. Every labeller of the campaign
    gets each of them once, without knowing it, and is judged by it."""

    campaign_id: Id
    images: list[ImageObjects]


class Opinion(Contract):
    """What one labeller says of an image; `quality` are the counts of objects in comparison with what is true or was
    agreed on."""

    by: str
    submitted: bool
    quality: Json | None = None
    objects: list[Json] = []


class ListOpinions(Query, wire="catalog.v1.list_label_opinions"):
    """Result: `{"agreement", "is_truth", "opinions": [Opinion]}`, for image-admins and reviewers of the campaign."""

    campaign_id: Id
    image_id: Id


class LabelerQuality(Contract):
    """`precision` and `recall` on reference images, and in comparison with what was agreed on."""

    by: str
    images: int
    truth_images: int
    truth_precision: float | None
    truth_recall: float | None
    agreed_images: int
    agreed_precision: float | None
    agreed_recall: float | None


class GetLabelQuality(Query, wire="catalog.v1.get_label_quality"):
    """Result: `{"labelers": [LabelerQuality], "agreement": mean of images or null, "disputed": images}`, for
    image-admins."""

    campaign_id: Id


class ListSuspiciousLabels(Query, wire="catalog.v1.list_suspicious_labels"):
    """Compares what counts of labelled images with the predictions of them. Result: `{"total", "suspicions":
    [{image_id, kind, score, label, predicted, bounding_box, object_id}]}`, the most suspicious first, at most `limit`.
    `kind` is `missing` (predicted with `min_confidence`, and nobody has drawn it), `spurious` (drawn, and not predicted
    at all) or `label` (both have it, with different labels). For image-admins."""

    campaign_id: Id
    min_confidence: float = Field(default=0.8, ge=0, le=1)
    min_iou: float = Field(default=0.5, gt=0, le=1)
    limit: int = Field(default=1000, ge=1, le=10_000)


class PredictedObjects(Contract):
    image_id: Id
    objects: list[NewObject]
    uncertainty: float | None = Field(default=None, ge=0, le=1)
    """Orders the work, the most uncertain first; by default that of the confidences."""


class StorePredictions(Command, wire="catalog.v1.store_predictions"):
    """Pre-annotations of images of a campaign, kept apart from objects. A second call for an image replaces them.
    Result: `Outcome` of images; one that is not in the campaign is left out, with its reason."""

    campaign_id: Id
    model: str = Field(max_length=200, examples=["village-roofs-v2"])
    images: list[PredictedObjects]


class StoreMapPredictions(Command, wire="catalog.v1.store_map_predictions"):
    """Pre-annotations from the result of a prediction run: `features` is a GeoJSON FeatureCollection in EPSG:4326 with
    `confidence` and, optionally, `label` among its properties; with `prediction_id` it is the result of that
    prediction, which the caller must see, and `model` is by default its model. Each feature goes to the georeferenced
    images of the campaign that it meets, cut at their edges. Result: `Outcome` of features. Conflict until the results
    of the prediction are ready."""

    campaign_id: Id
    model: str | None = Field(default=None, max_length=200, examples=["village-roofs-v2"])
    label: str = Field(default="object", min_length=1, max_length=128)
    features: Json | None = None
    prediction_id: Id | None = None


class ListPredictions(Query, wire="catalog.v1.list_predictions"):
    """Rows: `{image_id, model, uncertainty, objects}`, in the order of the campaign."""

    page: ListPage = ListPage()
    campaign_id: Id


class ObjectsSubmitted(Event, wire="catalog.v1.objects_submitted"):
    campaign_id: int
    image_ids: list[int]
    object_count: int
    by: str
    source: Literal["submission", "restore", "import", "consensus", "truth"] = "submission"

    def aggregate(self) -> str:
        return str(self.campaign_id)


class ImagesReviewed(Event, wire="catalog.v1.images_reviewed"):
    campaign_id: int
    accepted: list[int]
    rejected: list[int]
    by: str

    def aggregate(self) -> str:
        return str(self.campaign_id)


class PredictionsStored(Event, wire="catalog.v1.label_predictions_stored"):
    campaign_id: int
    model: str
    outcome: Outcome

    def aggregate(self) -> str:
        return str(self.campaign_id)
