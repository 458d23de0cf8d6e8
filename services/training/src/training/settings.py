import tempfile
from pathlib import Path

from pydantic import Field

from contracts.usage import UsageLimits
from kit.settings import ServiceSettings, StorageSettings, names
from pipelines.settings import PipelineSettings, Quantity, amount


# Settings of pydantic-settings have more fields in `model_config` than those of pydantic.
class Settings(  # pyright: ignore[reportIncompatibleVariableOverride]
    ServiceSettings, StorageSettings, PipelineSettings
):
    """What training reads from its environment."""

    sync_interval: float = Field(30.0, gt=0, validation_alias=names("TRAINING_SYNC_INTERVAL"))
    """Seconds between two looks of the reconciler at the pipeline server."""
    deadline: float = Field(6 * 3600.0, gt=0, validation_alias=names("TRAINING_DEADLINE"))
    """Seconds that one attempt may take, counted from the moment a worker takes it."""
    silence: float = Field(60.0, gt=0, validation_alias=names("TRAINING_SILENCE_LIMIT"))
    """Seconds without a sign of life from its worker after which a run is looked after by the reconciler."""
    epochs_limit: int = Field(500, gt=0, validation_alias=names("TRAINING_EPOCHS_LIMIT"))
    """Most epochs, whatever a model allows."""
    batch_size_limit: int = Field(65_536, gt=0, validation_alias=names("TRAINING_BATCH_SIZE_LIMIT"))
    """Largest batch, whatever a model allows."""
    unfinished_limit: int = Field(20, ge=1, validation_alias=names("TRAINING_UNFINISHED_LIMIT"))
    """Unfinished trainings that one user may have at a time, retried ones included."""
    month_cpu_seconds: float | None = Field(None, ge=0, validation_alias=names("TRAINING_MONTH_CPU_SECONDS"))
    """Processor seconds that the trainings of one user may use in a month. Without it there is no limit."""
    month_gpu_seconds: float | None = Field(None, ge=0, validation_alias=names("TRAINING_MONTH_GPU_SECONDS"))
    """Seconds for which the trainings of one user may hold accelerators in a month, for each one. Without it there is
    no limit."""
    month_stored_bytes: int | None = Field(None, ge=0, validation_alias=names("TRAINING_MONTH_STORED_BYTES"))
    """Bytes that the trainings of one user may store in a month. Without it there is no limit."""
    work_path: Path = Field(
        Path(tempfile.gettempdir()) / "fairway-training", validation_alias=names("TRAINING_WORK_PATH")
    )
    """Files of runs; workers that share a machine share it, so that a second one finds the run of the first."""
    memory_request: Quantity = amount("TRAINING", "MEMORY_REQUEST", "2Gi")
    """Memory that a pod of training asks for."""
    memory_limit: Quantity = amount("TRAINING", "MEMORY_LIMIT", "2.5Gi")
    """Memory at which a pod of training is ended."""
    cpu_request: Quantity = amount("TRAINING", "CPU_REQUEST")
    """Cores that a pod of training asks for."""
    cpu_limit: Quantity = amount("TRAINING", "CPU_LIMIT")
    """Cores that a pod of training gets at most."""

    @property
    def month_limits(self) -> UsageLimits:
        return UsageLimits(
            cpu_seconds=self.month_cpu_seconds, gpu_seconds=self.month_gpu_seconds, stored_bytes=self.month_stored_bytes
        )
