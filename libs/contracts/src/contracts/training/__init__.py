"""Training runs and the names of the models they make."""

from datetime import datetime
from typing import Any

from contracts.base import Command, CommandLookup, Contract, Job, Live, Query
from contracts.shared import CompactUser, Json, Outcome, Page, RunStatus, Waiting
from contracts.training.events import TrainingCompleted as TrainingCompleted
from contracts.training.events import TrainingDeleted as TrainingDeleted
from contracts.training.events import TrainingEvent as TrainingEvent
from contracts.training.events import TrainingFailed as TrainingFailed
from contracts.training.events import TrainingLifeEvent as TrainingLifeEvent
from contracts.training.events import TrainingStatusChanged as TrainingStatusChanged
from contracts.training.events import TrainingStopped as TrainingStopped
from contracts.training.events import TrainingSubmitted as TrainingSubmitted
from contracts.training.model_cards import ChangeModelCard as ChangeModelCard
from contracts.training.model_cards import DeleteModel as DeleteModel
from contracts.training.model_cards import DraftModel as DraftModel
from contracts.training.model_cards import GetModelCard as GetModelCard
from contracts.training.model_cards import ModelCard as ModelCard
from contracts.training.model_cards import ModelCardWritten as ModelCardWritten
from contracts.training.model_cards import ModelDeleted as ModelDeleted


class GetCommand(CommandLookup, wire="training.v1.get_command"):
    pass


class Training(Contract):
    id: int
    zenml_run_id: str | None
    local_model: int
    base_model_stac_id: str
    dataset: int
    overrides: Json
    title: str
    keywords: list[str]
    description: str
    status: RunStatus
    error: str = ""
    """Why the run failed, in words for the mapper."""
    waiting: Waiting | None = None
    """For a run that waits because a server of the platform is away."""
    attempt: int = 1
    started_at: datetime | None = None
    ended_at: datetime | None = None
    metrics: dict[str, Any] | None = None
    """Metrics by name, once the run is completed; null is a metric that is not defined (NaN, infinite)."""
    outcome: Outcome | None = None
    """Which chips of the dataset the run could use, where its model reports it."""
    user: CompactUser
    submitted_at: datetime
    last_polled_at: datetime | None


class RunState(Contract):
    run_id: str
    status: RunStatus
    is_terminal: bool


class LogLine(Contract):
    level: str
    message: str
    timestamp: datetime | None


class Epoch(Contract):
    """One sample of the loss series; null is a value that is not defined (NaN, infinite)."""

    epoch: int
    epochs: int
    values: dict[str, float | None]
    at: datetime


class ModelRun(Contract):
    """An entry in the list of a model's runs, as the pipeline server has it."""

    id: str
    name: str
    status: RunStatus
    created_at: datetime | None
    pipeline_name: str
    model_name: str
    model_version: int | None


class CancelledTraining(Contract):
    """`status` is `stopping` until the worker has ended it."""

    run_id: str | None
    training_id: int
    status: RunStatus
    graceful: bool


class SubmitTraining(Command, wire="training.v1.submit_training"):
    base_model_stac_id: str
    dataset_stac_id: str
    model_name: str
    overrides: Json = {}
    title: str = ""
    keywords: list[str] = []
    description: str = ""
    when_built: bool = False
    """Also accepts a dataset whose build is under way: the run starts when it is built, and fails with it."""
    alone: bool = False
    """Refused while another training of the model is under way."""
    start_from: str | None = None
    """STAC id of a published model of the same kind; training continues with its weights instead of the base
    model's."""


class RetryTraining(Command, wire="training.v1.retry_training"):
    """Starts a failed or stopped run again under the next attempt."""

    training_id: int


class CloneTraining(Command, wire="training.v1.clone_training"):
    """Submits a new training of the caller with the same model, dataset and texts; the given fields replace them."""

    training_id: int
    model_name: str | None = None
    overrides: Json | None = None


class DeleteTraining(Command, wire="training.v1.delete_training"):
    """For a training that has ended. Versions of models that were published from it stay."""

    expires = 30.0
    training_id: int


class CancelRun(Command, wire="training.v1.cancel_run"):
    """By pipeline run id, or by training id while it has none. Result: `CancelledTraining`."""

    run_id: str | None = None
    training_id: int | None = None
    graceful: bool = False


class ReportRun(Command, wire="training.v1.report_run"):
    """Sent by the worker that drives the run; `attempt` is the fencing token, older ones are ignored."""

    training_id: int
    attempt: int
    status: RunStatus
    run_id: str | None = None
    reason: str = ""


class ReportEpoch(Command, wire="training.v1.report_epoch"):
    """One sample of the loss series; the same epoch reported twice is one row."""

    training_id: int
    attempt: int
    epoch: int
    epochs: int
    values: dict[str, float | None]


class GetTraining(Query, wire="training.v1.get_training"):
    training_id: int


class ListTrainings(Query, wire="training.v1.list_trainings"):
    page: Page = Page()
    local_model: int | None = None
    user: int | None = None
    status: RunStatus | None = None
    statuses: list[RunStatus] = []
    """Any of these; empty means all."""


class GetRunState(Query, wire="training.v1.get_run_state"):
    """Asks the pipeline server now."""

    run_id: str


class GetRunLogs(Query, wire="training.v1.get_run_logs"):
    """By pipeline run id, or by training id; empty while the training has no run."""

    run_id: str | None = None
    training_id: int | None = None
    tail: int = 1000
    step: str | None = None
    since: datetime | None = None


class GetEpochs(Query, wire="training.v1.get_epochs"):
    """Returns the loss series: a list of `Epoch`, oldest first."""

    training_id: int


class GetChart(Query, wire="training.v1.get_chart"):
    """Returns the loss series as a picture: PNG in base64, empty before the first epoch."""

    training_id: int


class GetPublishable(Query, wire="training.v1.get_publishable"):
    """Returns what the catalog needs to publish a run; refused unless the caller owns it and it is completed."""

    training_id: int


class ListModelRuns(Query, wire="training.v1.list_model_runs"):
    """Returns a list of `ModelRun`, newest first."""

    model_name: str
    limit: int = 50


class Publishable(Contract):
    training_id: int
    run_id: str
    local_model: int
    model_name: str
    base_model_stac_id: str
    dataset_stac_id: str
    user: CompactUser
    title: str
    description: str
    keywords: list[str]
    hyperparameters: Json
    """The values that were really used, with keys without prefix."""
    metrics: dict[str, Any]
    split: Json
    epochs: list[Json]
    started_at: datetime | None
    ended_at: datetime | None
    wall_seconds: float | None
    artifacts: dict[str, str]
    """Artifact name → s3:// URI: `trained_model`, `onnx_model`."""
    version: int
    """Number of the version among the runs of this model."""


class TrainingJob(Job, wire="training.v1.drive_run"):
    """A worker drives one pipeline run to its end."""

    training_id: int
    attempt: int
    user_id: int


class RunProgress(Live, wire="training.v1.run_progress"):
    """Epoch, step or log line of a running training."""

    training_id: int
    user_id: int
    what: str
    """`epoch`, `step`, `progress` or `log`."""
    data: Json

    def key(self) -> str:
        return str(self.training_id)

    def audience(self) -> tuple[int, ...]:
        return (self.user_id,)
