"""Local models before and beside their trainings: what their owners say of them."""

from datetime import datetime

from contracts.base import Command, Contract, Event, Query
from contracts.shared import CompactUser


class ModelCard(Contract):
    """What the owner says of a local model, before and after its first training."""

    id: int
    name: str
    title: str
    description: str
    dataset: int | None
    """The data it is meant to learn from."""
    base_model_stac_id: str
    user: CompactUser
    created_at: datetime


class DraftModel(Command, wire="training.v1.draft_model"):
    """A local model before its first training. Its name is made of the title, with a suffix where that is taken.
    Result: `ModelCard`."""

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
    """With its trainings, of which none may be under way. What was published of it stays."""

    expires = 30.0
    model_id: int


class GetModelCard(Query, wire="training.v1.get_model_card"):
    """Of a model that the caller owns or that is public."""

    model_id: int


class ModelCardWritten(Event, wire="training.v1.model_card_written"):
    """Also the birth of a local model's row, when the model is a draft."""

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
