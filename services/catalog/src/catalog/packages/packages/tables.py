from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from catalog.shared.tables import Base


class WorkerHeartbeatRow(Base):
    """A worker of packages, and when it was last alive."""

    __tablename__ = "worker_heartbeats"
    __table_args__ = {"schema": "packages"}

    worker: Mapped[str] = mapped_column(primary_key=True)
    beat_at: Mapped[datetime]


class PackageDatasetRow(Base):
    """A stored dataset version that a job has made. `sources_key`: of the processor's release and its list of sources
    (freshness); `resource`: as the data package has it; `expires_at`: when it is deleted."""

    __tablename__ = "package_datasets"
    __table_args__ = (Index("ix_package_datasets_expires_at", "expires_at"), {"schema": "packages"})

    boundary_name: Mapped[str] = mapped_column(primary_key=True)
    processor: Mapped[str] = mapped_column(primary_key=True)
    request_key: Mapped[str]
    outline_sha256: Mapped[str]
    options: Mapped[dict[str, Any]] = mapped_column(JSONB)
    sources_key: Mapped[str]
    release: Mapped[str]
    resource: Mapped[dict[str, Any]] = mapped_column(JSONB)
    job_id: Mapped[UUID]
    user_id: Mapped[int]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime | None]
