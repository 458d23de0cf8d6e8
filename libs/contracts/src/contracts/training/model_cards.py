"""Descriptions of local models by their owners, before and besides their trainings."""

from datetime import datetime

from contracts.base import Command, Contract, Event, Query
from contracts.shared import CompactUser


class ModelCard(Contract):
    """The owner's description of a local model, before and after its first training."""

    id: int
    name: str
    title: str
    description: str
    dataset: int | None
    """The dataset that its owner intends for training."""
    base_model_stac_id: str
    user: CompactUser
    created_at: datetime


class DraftModel(Command, wire="training.v1.draft_model"):
    """Creates a local model before its first training. Its name is derived from the title, with a suffix when it is
    taken. Result: `ModelCard`."""

    expires = 30.0
    base_model_stac_id: str
    title: str
    description: str = ""
    dataset: int | None = None


class ChangeModelCard(Command, wire="training.v1.change_model_card"):
    """Absent fields stay. Result: `ModelCard`."""

    expires = 30.0
    model_id: int
    title: str | None = None
    description: str | None = None
    dataset: int | None = None


class DeleteModel(Command, wire="training.v1.delete_model"):
    """Deletes the model with its trainings, of which none may be under way. What was published from it stays."""

    expires = 30.0
    model_id: int


class GetModelCard(Query, wire="training.v1.get_model_card"):
    """For a model that the caller owns or that is public."""

    model_id: int


class ModelCardWritten(Event, wire="training.v1.model_card_written"):
    """Also announces the local model, when it is a draft."""

    local_model: int
    user_id: int
    username: str
    model_name: str
    base_model_stac_id: str
    title: str
    description: str
    dataset: int | None

    def aggregate(self) -> str:
        return str(self.local_model)

    def audience(self) -> tuple[int, ...]:
        return (self.user_id,)


class ModelDeleted(Event, wire="training.v1.model_deleted"):
    local_model: int
    user_id: int
    model_name: str

    def aggregate(self) -> str:
        return str(self.local_model)

    def audience(self) -> tuple[int, ...]:
        return (self.user_id,)
