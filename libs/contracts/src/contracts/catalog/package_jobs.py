"""Jobs that make packages: an area, processors, options; and what becomes of each processor."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.base import Command, Contract, Event, Job, Live, Query
from contracts.catalog.packages import PackageName, ProcessorId
from contracts.shared import Json, Page

TaskStatus = Literal["PENDING", "EXECUTING", "SUCCESS", "FAILURE", "SKIPPED", "RETRY", "REVOKED"]
ENDED: frozenset[str] = frozenset({"SUCCESS", "FAILURE", "SKIPPED", "REVOKED"})
RasterDriver = Literal["GTiff", "COG"]
VectorDriver = Literal["GPKG", "FlatGeobuf", "GeoParquet", "CSV", "PMTiles"]
JobId = Annotated[UUID, Field(examples=["5e0c1f7a-8f1c-4f0e-9c55-0d4a9b1c2d3e"])]
RequestedProcessor = Annotated[str, Field(pattern=r"^[^.\s]+\.[^.\s]+$", max_length=200)]
"""May be unknown: then the owner says which."""
Outside = Literal["keep", "cut"]


class PackageOptions(Contract):
    """`outside`: what lies beyond the outline is kept or cut off; None takes what the processor does by itself."""

    raster: RasterDriver = "GTiff"
    vector: VectorDriver = "GPKG"
    outside: Outside | None = None


class JobArea(Contract):
    """What a job is for: a stored boundary, or an own area (GeoJSON Polygon, MultiPolygon, Feature or
    FeatureCollection in EPSG:4326) with a `title`. Of both, one is given. The GeoJSON of a large own area is `text`,
    which nobody has parsed yet."""

    boundary_name: str | None = None
    geometry: Json | None = None
    text: str | None = None
    title: str = Field(default="", max_length=200)


class EstimatePackage(Query, wire="catalog.v1.estimate_package"):
    """A dry run: what each processor would give for the area, as `extracts.processors.Estimate` by processor, with
    `cached` where an equal result is stored, and what quotas say. Nothing is fetched or written."""

    area: JobArea = Field(examples=[{"boundary_name": "gambia"}])
    processors: list[RequestedProcessor] = Field(min_length=1, max_length=50, examples=[["gridfinder.version_1"]])
    options: PackageOptions = PackageOptions()


class SubmitPackageJob(Command, wire="catalog.v1.submit_package_job"):
    """The job's id is the id of the command. Returns `PackageJob`. `redo`: makes what is there already again.
    `notify`: a mail or notification when it ends (webhooks hear the event anyway)."""

    area: JobArea = Field(examples=[{"boundary_name": "gambia"}])
    processors: list[RequestedProcessor] = Field(min_length=1, max_length=50, examples=[["gridfinder.version_1"]])
    options: PackageOptions = PackageOptions()
    redo: bool = False
    notify: bool = True


class CancelPackageJob(Command, wire="catalog.v1.cancel_package_job"):
    """Tasks that have not ended are `REVOKED`; what has succeeded stays. Returns `PackageJob`."""

    job_id: JobId


class GetPackageJob(Query, wire="catalog.v1.get_package_job"):
    """Returns a `PackageJob`. NotFound for an unknown or forgotten id."""

    job_id: JobId


class ListPackageJobs(Query, wire="catalog.v1.list_package_jobs"):
    """Returns `Rows` of `PackageJob`, newest first; administrators see all, others their own."""

    page: Page = Page()
    boundary_name: str | None = None
    status: Literal["PENDING", "COMPLETE"] | None = None


class PackageTask(Contract):
    """One processor of a job. `job_id` is the id of the task; that of the job when it is the only one. `result` is set
    once it has ended."""

    processor_name: str
    job_id: str
    job_status: TaskStatus
    percent: int = 0
    stage: str = ""
    result: Json | None = None
    code: str = ""
    """Why a failed task failed, as a word for programs."""
    started_at: datetime | None = None
    ended_at: datetime | None = None


class PackageJob(Contract):
    """`status` is COMPLETE once every task has ended and data package and provenance are written. `position` counts
    the works that begin no later; None once it has begun. `remaining_seconds` is an estimate from past runs."""

    id: UUID
    user_id: int
    boundary_name: str
    title: str = ""
    options: PackageOptions
    status: Literal["PENDING", "COMPLETE"]
    percent: int
    tasks: list[PackageTask]
    position: int | None = None
    remaining_seconds: float | None = None
    cancelled: bool = False
    package_uri: str
    problem: str = ""
    """Why data package or provenance could not be written."""
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None


class PackageJobEvent(Event):
    job_id: JobId
    user_id: int = Field(examples=[7])
    boundary_name: PackageName
    title: str = ""

    def aggregate(self) -> str:
        return str(self.job_id)

    def audience(self) -> tuple[int, ...]:
        return (self.user_id,)

    def topics(self) -> tuple[str, ...]:
        return (f"package_job:{self.job_id}",)


class PackageJobSubmitted(PackageJobEvent, wire="catalog.v1.package_job_submitted"):
    processors: list[ProcessorId] = Field(examples=[["gridfinder.version_1"]])


class PackageJobCompleted(PackageJobEvent, wire="catalog.v1.package_job_completed"):
    """`outcomes`: status by processor. `notify`: the user asked to be told."""

    outcomes: dict[str, TaskStatus] = Field(examples=[{"gridfinder.version_1": "SUCCESS"}])
    cancelled: bool = False
    package_uri: str = Field(examples=["https://fair.example.org/packages/gambia/"])
    notify: bool = True


class PackageTaskJob(Job, wire="catalog.v1.package_task"):
    """One processor of a job: sets the package up, takes an equal result or begins the parts."""

    group = "bulk"
    job_id: JobId
    task: int = Field(ge=0, examples=[0])


class PackagePartJob(Job, wire="catalog.v1.package_part"):
    """One output file of a task."""

    group = "bulk"
    job_id: JobId
    task: int = Field(ge=0, examples=[0])
    part: int = Field(ge=0, examples=[1])


class PackageDatasetJob(Job, wire="catalog.v1.package_dataset"):
    """All parts of a task are made: moves them into the package."""

    group = "bulk"
    job_id: JobId
    task: int = Field(ge=0, examples=[0])


class FinaliseInTurnJob(Job, wire="catalog.v1.package_finalise_in_turn"):
    """All tasks of a job have ended: writes data package, provenance and the catalogue's item. The next job of its user
    begins afterwards, so that those of one user end in the order of their arrival."""

    group = "bulk"
    job_id: JobId


class FinalisePackageJob(Job, wire="catalog.v1.package_finalise"):
    """As FinaliseInTurnJob, for a job that was cancelled or has waited for too long: it does not wait for the turn of
    its user."""

    group = "interactive"
    job_id: JobId


class PackageItemJob(Job, wire="catalog.v1.package_item"):
    """Makes the catalogue's item of a package what its data package says."""

    boundary_name: str = Field(examples=["gambia"])


class PackageProgress(Live, wire="catalog.v1.package_progress"):
    job_id: JobId
    user_id: int = Field(examples=[7])
    percent: int = Field(examples=[40])
    processor: ProcessorId
    task_percent: int = Field(examples=[80])
    stage: str = Field(examples=["cropping source"])
    position: int | None = None
    remaining_seconds: float | None = None

    def key(self) -> str:
        return self.job_id.hex

    def audience(self) -> tuple[int, ...]:
        return (self.user_id,)

    def topics(self) -> tuple[str, ...]:
        return (f"package_job:{self.job_id}",)
