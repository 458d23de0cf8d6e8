"""Base models (blueprints, registered by administrators) and local models (fine-tuned, published by their owner)."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from contracts.base import Command, Contract, Event, Job, Query
from contracts.shared import CompactUser, Cursor, Json, Page, Visibility, Waiting

BaseModelStatus = Literal["registering", "active", "failed", "archived"]
LocalModelStatus = Literal["active", "archived"]


class BaseModelRow(Contract):
    id: int
    name: str
    category: str
    stac_item_id: str
    status: BaseModelStatus
    visibility: Visibility
    is_pinned: bool
    star_count: int = 0
    is_starred: bool = False
    error: str
    waiting: Waiting | None = None
    """For a registration that waits because a server of the platform is away."""
    user: CompactUser
    stac: Json | None = None
    created_at: datetime
    last_modified: datetime


class LocalModelRow(Contract):
    id: int
    name: str
    category: str
    base_model: int
    base_model_name: str
    stac_item_id: str
    status: LocalModelStatus
    visibility: Visibility
    is_pinned: bool
    user: CompactUser
    star_count: int = 0
    is_starred: bool = False
    run_count: int
    title: str = ""
    description: str = ""
    dataset: int | None = None
    """The dataset that its owner intends for training."""
    published_training: int | None = None
    """The training that the active version comes from."""
    stac: Json | None = None
    created_at: datetime
    last_modified: datetime


class PinnedBaseModel(BaseModelRow):
    model_type: Literal["base"]


class PinnedLocalModel(LocalModelRow):
    model_type: Literal["local"]


class PinnedModels(Contract):
    """Base models first."""

    count: int
    results: list[PinnedBaseModel | PinnedLocalModel]


class Published(Contract):
    local_model_stac_id: str


class RegisterBaseModel(Command, wire="catalog.v1.register_base_model"):
    """Where the client gave an address, `stac_item` has been fetched already."""

    stac_item: Json
    inference_endpoint: str | None = None
    category: str = "other"


class GetBaseModel(Query, wire="catalog.v1.get_base_model"):
    """By `model_id`, or by `stac_item_id` for services that repair a projection."""

    model_id: int | None = None
    stac_item_id: str | None = None
    expand: bool = False


class ListBaseModels(Query, wire="catalog.v1.list_base_models"):
    page: Page = Page()
    status: BaseModelStatus | None = None
    visibility: Visibility | None = None
    category: str | None = None
    is_pinned: bool | None = None
    user: int | None = None
    expand: bool = False


class BaseModelRegistrationJob(Job, wire="catalog.v1.register_base_model"):
    """`generation` numbers the registrations of a model; the job of an older one does nothing."""

    model_id: int
    user_id: int
    generation: int | None = None


class BaseModelEvent(Event):
    model_id: int
    name: str
    user_id: int

    def aggregate(self) -> str:
        return str(self.model_id)

    def audience(self) -> tuple[int, ...]:
        return (self.user_id,)


class ModelSummary(Contract):
    """What training and prediction need to know of a base or local model in order to run it."""

    stac_item_id: str
    name: str
    title: str = ""
    category: str
    entrypoint: str
    """`models.<model>.pipeline:<function>`."""
    onnx_uri: str
    checkpoint_uri: str
    item_href: str
    keywords: list[str]
    tasks: list[str]
    num_classes: int
    class_names: list[str]
    hyperparameters: Json
    """`mlm:hyperparameters`, keys with their prefix."""
    hyperparameters_spec: list[Json]
    output_properties: list[Json] = []
    coarsest_imagery: float | None = None
    """Metres a pixel of imagery may have on the ground (`fair:coarsest_imagery`); finer imagery always fits."""
    image: str = ""
    """OCI image with its pipelines (`mlm:training`); empty where the item names none."""
    accelerator: str = ""
    accelerator_count: int = 1


class BaseModelRegistered(BaseModelEvent, wire="catalog.v1.base_model_registered"):
    visibility: Visibility
    facts: ModelSummary


class BaseModelRegistrationFailed(BaseModelEvent, wire="catalog.v1.base_model_registration_failed"):
    reason: str


class PublishLocalModel(Command, wire="catalog.v1.publish_local_model"):
    """Publishes the result of a completed training run as a STAC item of `local-models`; the run's owner and
    administrators may. Each command makes a version of its own. Result: `Published` with 201.

    It calls the object store, the pipeline server and STAC. The item id is a function of run and command, so that a
    repeat after a crash writes the same item.
    """

    training_id: int
    title: str = ""
    description: str = ""


class SetLocalModelVisibility(Command, wire="catalog.v1.set_local_model_visibility"):
    expires = 30.0
    model_id: int
    visibility: Visibility


class ArchiveLocalModel(Command, wire="catalog.v1.archive_local_model"):
    """Only their owner sees archived models; `archived` false restores one."""

    expires = 30.0
    model_id: int
    archived: bool = True


class GetLocalModel(Query, wire="catalog.v1.get_local_model"):
    model_id: int
    expand: bool = False


class ListLocalModels(Query, wire="catalog.v1.list_local_models"):
    page: Page = Page()
    status: LocalModelStatus | None = None
    visibility: Visibility | None = None
    category: str | None = None
    base_model: int | None = None
    is_pinned: bool | None = None
    user: int | None = None
    expand: bool = False


class ListLocalModelSummaries(Query, wire="catalog.v1.list_local_model_facts"):
    """For services only. Returns a `SnapshotPage` of `{id, status, stac_item_id}`."""

    after: Cursor = 0
    limit: int = Field(1000, ge=1, le=1000)


class GetModelSummary(Query, wire="catalog.v1.get_model_facts"):
    """A base or local model by STAC item id; local models come first. Services use it to repair a missing copy."""

    stac_item_id: str


class KnownModel(Contract):
    kind: Literal["base", "local"]
    model_id: int
    user_id: int
    visibility: Visibility
    facts: ModelSummary


class LocalModelEvent(Event):
    model_id: int
    name: str
    user_id: int

    def aggregate(self) -> str:
        return str(self.model_id)

    def audience(self) -> tuple[int, ...]:
        return (self.user_id,)


class LocalModelPublished(LocalModelEvent, wire="catalog.v1.local_model_published"):
    training_id: int
    visibility: Visibility
    facts: ModelSummary


class LocalModelChanged(LocalModelEvent, wire="catalog.v1.local_model_changed"):
    stac_item_id: str
    visibility: Visibility


class LocalModelStatusChanged(LocalModelEvent, wire="catalog.v1.local_model_status_changed"):
    """Also announces a new model."""

    stac_item_id: str
    status: LocalModelStatus
