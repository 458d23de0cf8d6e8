"""The port to ML runs, independent of ZenML: the protocol, its data, its errors."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Protocol


class RunStatus(StrEnum):
    """States of a run and of its steps as the pipeline server reports them, named as in the public API."""

    INITIALIZING = "initializing"
    PROVISIONING = "provisioning"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CACHED = "cached"
    RETRYING = "retrying"
    RETRIED = "retried"
    STOPPING = "stopping"
    STOPPED = "stopped"

    @property
    def is_terminal(self) -> bool:
        return self in _TERMINAL


_TERMINAL = {RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CACHED, RunStatus.RETRIED, RunStatus.STOPPED}


@dataclass(frozen=True)
class RunSpec:
    """A run to start. `name` is unique on the server (`run-<id>-<attempt>`): the same name is never run twice."""

    name: str
    module: str
    """importable below the models folder, e.g. `models.unet_segmentation.pipeline`"""
    pipeline: Literal["training", "inference"]
    parameters: dict[str, Any] = field(default_factory=dict)
    step_parameters: dict[str, dict[str, Any]] = field(default_factory=dict)
    """by step name; for arguments that the pipeline function leaves open"""
    model_name: str | None = None
    """the run creates a version of this model, which owns its artifacts; None for inference"""
    tags: list[str] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    """ZenML settings of all steps, e.g. `docker`"""
    step_settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    """by step name, e.g. node selector and memory of the Kubernetes orchestrator"""


@dataclass(frozen=True)
class StepState:
    name: str
    status: RunStatus
    reason: str = ""
    started: datetime | None = None
    ended: datetime | None = None


@dataclass(frozen=True)
class RunState:
    id: str
    name: str
    status: RunStatus
    reason: str = ""
    """why it failed or was stopped, for the user who started it; else empty"""
    steps: list[StepState] = field(default_factory=list)
    """in the order of their start; steps that have not started are missing"""
    started: datetime | None = None
    ended: datetime | None = None
    model_name: str | None = None
    model_version: int | None = None
    host: str | None = None
    """the machine whose process runs the steps; None when the orchestrator runs them elsewhere (Kubernetes)"""


@dataclass(frozen=True)
class RunInfo:
    """A line in the list of a model's runs."""

    id: str
    name: str
    status: RunStatus
    created_at: datetime | None
    pipeline_name: str
    model_name: str
    model_version: int | None


@dataclass(frozen=True)
class LogEntry:
    level: str
    """`DEBUG`, `INFO`, `WARNING`, `ERROR` or `CRITICAL`"""
    message: str
    timestamp: datetime | None


@dataclass(frozen=True)
class Artifact:
    name: str
    step: str
    uri: str
    """folder in the artifact store, `s3://bucket/prefix…`"""
    file: str | None
    """URI of the one data file for bytes (`…/data.txt`) and JSON-like values (`…/data.json`); None for other types"""
    value_file: str
    """URI of the value as JSON. Values that ZenML stored in another format are there once the child process of the run
    has ended; outputs of `OUTPUTS` only"""
    is_json: bool
    """ZenML itself wrote `value_file`, whatever the value is"""
    version: str
    """id of the artifact version"""


OUTPUTS: dict[str, tuple[str, ...]] = {"training": ("metrics", "split_info"), "inference": ("predictions",)}
"""Values that a service reads of a run, by kind of pipeline."""


class Pipelines(Protocol):
    """Every method raises PipelinesDown when the server does not answer, and RunNotFound for an unknown run id."""

    async def find_run(self, name: str) -> RunState | None: ...

    async def state(self, run_id: str) -> RunState: ...

    async def logs(
        self, run_id: str, step: str | None = None, tail: int = 1000, since: datetime | None = None
    ) -> list[LogEntry]:
        """Oldest first, the last `tail` of those strictly later than `since`. Raises StepNotFound, LogsUnavailable."""
        ...

    async def runs_of_model(self, name: str, limit: int = 50) -> list[RunInfo]:
        """Newest first; empty for a model without trainings."""
        ...

    async def artifact(self, run_id: str, name: str) -> Artifact:
        """The output `name`, of whichever step wrote it. Raises ArtifactNotFound."""
        ...

    async def artifacts(self, run_id: str) -> dict[str, Artifact]:
        """All outputs by name."""
        ...

    async def metadata(self, run_id: str) -> dict[str, Any]:
        """What the steps recorded, the last value of each key: `fair/split`, `fair/loss_history`, `fair/<metric>` …"""
        ...

    async def stop(self, run_id: str, graceful: bool = False) -> None:
        """Asks the server to stop; asking again is harmless. Raises AlreadyFinished."""
        ...

    async def mark_ended(self, run_id: str, status: RunStatus, reason: str) -> None:
        """Sets the record of a run whose process has ended to `failed` or `stopped`; ended runs are not changed."""
        ...


class PipelinesError(Exception):
    """PipelinesError
    ├── PipelinesDown
    ├── RunNotFound
    ├── StepNotFound
    ├── ArtifactNotFound
    ├── LogsUnavailable
    └── AlreadyFinished
    """


class PipelinesDown(PipelinesError):
    """The server is unreachable, returns invalid answers or rejects our key; a later attempt may succeed."""

    outage = True
    """Read by `kit.outages`."""


class RunNotFound(PipelinesError):
    def __init__(self, run_id: str) -> None:
        super().__init__(f"There is no run {run_id}.")


class StepNotFound(PipelinesError):
    def __init__(self, step: str, available: list[str]) -> None:
        super().__init__(f"The run has no step {step}. Available: {', '.join(available) or 'none yet'}")
        self.available = available


class ArtifactNotFound(PipelinesError):
    def __init__(self, name: str, available: list[str]) -> None:
        super().__init__(f"The run has no output {name}. Available: {', '.join(available) or 'none yet'}")
        self.available = available


class LogsUnavailable(PipelinesError):
    """The server has no store from which it could read the logs of this run."""


class AlreadyFinished(PipelinesError):
    def __init__(self, run_id: str, status: RunStatus) -> None:
        super().__init__(f"Run {run_id} is already finished: {status}.")
        self.status = status
