from pydantic import Field
from pydantic_settings import BaseSettings

from kit.settings import ServiceSettings, names


class SubmissionSettings(BaseSettings):
    """Which jobs for packages are taken, and how long they wait and are remembered."""

    model_config = ServiceSettings.model_config

    package_jobs_enabled: bool = Field(True, validation_alias=names("AUTOPKG_JOBS_ENABLED"))
    """Whether jobs are accepted at all; packages stay readable."""
    package_task_expiry: float = Field(3600.0, gt=0, validation_alias=names("AUTOPKG_TASK_EXPIRY_SECS"))
    """Seconds after submission within which a processor has to begin; else it is revoked."""
    package_job_retention: float = Field(86_400.0, gt=0, validation_alias=names("AUTOPKG_JOB_RETENTION_SECS"))
    """Seconds for which the record of a completed job is kept."""
    package_unfinished_jobs: int = Field(20, ge=1, validation_alias=names("AUTOPKG_UNFINISHED_LIMIT"))
    """Maximum unfinished jobs of one user."""
    package_jobs_per_minute: int = Field(20, ge=1, validation_alias=names("AUTOPKG_JOBS_PER_MINUTE"))
    """Maximum jobs that one user submits within a minute."""
    package_area: float = Field(100_000.0, gt=0, validation_alias=names("AUTOPKG_AREA_LIMIT_KM2"))
    """Maximum square kilometres of a user's own area; stored boundaries have no limit."""
    package_bytes_per_day: int = Field(100 << 30, ge=1, validation_alias=names("AUTOPKG_BYTES_PER_DAY"))
    """Maximum bytes that the jobs of one user store within a day."""
