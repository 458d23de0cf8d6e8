"""What becomes of trainings."""

from typing import Any

from contracts.base import Event
from contracts.shared import Outcome, RunStatus


class TrainingEvent(Event):
    training_id: int
    user_id: int
    model_name: str

    def aggregate(self) -> str:
        return str(self.training_id)

    def audience(self) -> tuple[int, ...]:
        return (self.user_id,)


class TrainingSubmitted(TrainingEvent, wire="training.v1.training_submitted"):
    """Also announces the local model, when `local_model` is new to the catalog."""

    local_model: int
    username: str
    base_model_stac_id: str
    dataset_stac_id: str


class TrainingLifeEvent(TrainingEvent):
    local_model: int | None = None


class TrainingStatusChanged(TrainingLifeEvent, wire="training.v1.training_status_changed"):
    status: RunStatus
    previous: RunStatus
    run_id: str | None = None
    attempt: int = 1


class TrainingCompleted(TrainingLifeEvent, wire="training.v1.training_completed"):
    run_id: str
    metrics: dict[str, Any] = {}
    outcome: Outcome | None = None


class TrainingFailed(TrainingLifeEvent, wire="training.v1.training_failed"):
    reason: str


class TrainingStopped(TrainingLifeEvent, wire="training.v1.training_stopped"):
    pass


class TrainingDeleted(TrainingEvent, wire="training.v1.training_deleted"):
    dataset_stac_id: str
