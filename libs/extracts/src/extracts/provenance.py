"""`provenance.json` of a package: who made what from what, one member for each job, never changed afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

WRITTEN = {"updated in backend": True}


@dataclass(frozen=True)
class JobRecord:
    """`processors`: results by `<dataset>.<version>`, in the order of the request, whatever became of them."""

    job_id: str
    boundary: str
    outline_sha256: str
    started: datetime
    finished: datetime
    setup: Mapping[str, Any]
    processors: Sequence[tuple[str, Mapping[str, Any]]]
    software: str
    software_version: str


def with_job(provenance: Mapping[str, Any], record: JobRecord) -> dict[str, Any]:
    """The provenance with one member more. Its key is the time of the end, moved by microseconds until it is new."""
    moment = record.finished.astimezone(UTC)
    while (key := _key(moment)) in provenance:
        moment += timedelta(microseconds=1)
    return dict(provenance) | {key: _member(record)}


def _member(record: JobRecord) -> list[dict[str, Any]]:
    last = {
        "provenance_processor": dict(WRITTEN), "job_id": record.job_id,
        "software": {"name": record.software, "version": record.software_version},
        "boundary": {"name": record.boundary, "sha256": record.outline_sha256},
        "started": _key(record.started), "finished": _key(record.finished),
    }  # fmt: skip
    results = [{name: dict(result)} for name, result in record.processors]
    return [{"boundary_processor": dict(record.setup)}, *results, last]


def _key(moment: datetime) -> str:
    """With microseconds, and without a zone as the reference writes it: it is UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
