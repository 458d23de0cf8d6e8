"""Jobs that make packages and their tasks, one for each processor."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Identity, Index, LargeBinary, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from catalog.shared.tables import Base

SCHEMA = "packages"


class PackageJobRow(Base):
    """`id` is that of the command. `outline` is the stored MultiPolygon as WKB in EPSG:4326 as it was at submission,
    `outline_sha256` its hash (`extracts.outline`). `setup` is the log of the setup step once it has run.
    `finalising_at`: when the finaliser's job was sent last."""

    __tablename__ = "package_jobs"
    __table_args__ = (
        Index("ix_package_jobs_user_id_created_at", "user_id", "created_at"),
        Index("ix_package_jobs_open", "created_at", postgresql_where=text("status = 'PENDING'")),
        Index("ix_package_jobs_ended_at", "ended_at"),
        {"schema": SCHEMA},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    work: Mapped[UUID] = mapped_column(comment="in the queue of jobs")
    user_id: Mapped[int]
    boundary_name: Mapped[str]
    title: Mapped[str]
    outline: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    outline_sha256: Mapped[str]
    options: Mapped[dict[str, Any]] = mapped_column(JSONB)
    redo: Mapped[bool]
    notify: Mapped[bool]
    status: Mapped[str] = mapped_column(server_default="PENDING", comment="PENDING or COMPLETE")
    cancelled: Mapped[bool] = mapped_column(server_default="false")
    setup: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    problem: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    started_at: Mapped[datetime | None]
    finalising_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class PackageTaskRow(Base):
    """`number` is the position of the processor in the request. `id` is the job's own when it is the only one.
    `request_key` is the address of the result (`extracts.names.request_key`), `place` where its files are staged."""

    __tablename__ = "package_tasks"
    __table_args__ = (
        Index("ix_package_tasks_open", "beat_at", postgresql_where=text("status in ('EXECUTING', 'RETRY')")),
        Index("ix_package_tasks_succeeded", "processor", "ended_at", postgresql_where=text("status = 'SUCCESS'")),
        {"schema": SCHEMA},
    )

    job_id: Mapped[UUID] = mapped_column(ForeignKey(PackageJobRow.id, ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(Identity(), unique=True)
    id: Mapped[UUID] = mapped_column(unique=True)
    processor: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="PENDING")
    percent: Mapped[int] = mapped_column(server_default="0")
    stage: Mapped[str] = mapped_column(server_default="")
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    code: Mapped[str] = mapped_column(server_default="")
    request_key: Mapped[str] = mapped_column(server_default="")
    place: Mapped[str] = mapped_column(server_default="")
    archives: Mapped[list[str]] = mapped_column(JSONB, server_default="[]")
    bytes: Mapped[int] = mapped_column(server_default="0", comment="of the files that it put into the package")
    started_at: Mapped[datetime | None]
    beat_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
