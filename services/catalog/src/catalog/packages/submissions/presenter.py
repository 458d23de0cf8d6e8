"""Jobs as the public interface shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from catalog.packages.submissions import domain
from catalog.packages.submissions.tables import PackageJobRow, PackageTaskRow
from contracts.catalog.package_jobs import PackageJob, PackageOptions, PackageTask


@dataclass(frozen=True)
class PackageAddresses:
    """`host`: the public root of packages, without a slash at its end."""

    host: str

    def of(self, package: str) -> str:
        return f"{self.host}/{package}/"


def present(
    job: PackageJobRow, tasks: Sequence[PackageTaskRow], uri: str, position: int | None,
    past: Mapping[str, Sequence[float]],
) -> PackageJob:  # fmt: skip
    """`position`: in the queue. `past`: seconds of earlier runs, by processor."""
    complete = job.status == "COMPLETE"
    left = domain.remaining_seconds([(one.processor, one.status, one.percent) for one in tasks], past)
    return PackageJob(
        id=job.id, user_id=job.user_id, boundary_name=job.boundary_name, title=job.title,
        options=PackageOptions.model_validate(job.options), status="COMPLETE" if complete else "PENDING",
        percent=domain.group_percent([(one.status, one.percent) for one in tasks], complete),
        tasks=[_task(one) for one in tasks], position=position, remaining_seconds=None if complete else left,
        cancelled=job.cancelled, package_uri=uri, problem=job.problem, created_at=job.created_at,
        started_at=job.started_at, ended_at=job.ended_at,
    )  # fmt: skip


def _task(row: PackageTaskRow) -> PackageTask:
    shown = {"job_status": row.status, "percent": row.percent, "stage": row.stage, "result": row.result}
    times = {"started_at": row.started_at, "ended_at": row.ended_at}
    return PackageTask.model_validate(
        {"processor_name": row.processor, "job_id": str(row.id), "code": row.code, **shown, **times}
    )
