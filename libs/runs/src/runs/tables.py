"""Columns that tables of runs share."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Double, TextClause, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

Condition = ColumnElement[Any] | TextClause


class RunColumns:
    """Mixin of a table of runs. `attempt` numbers the pipeline runs of a row, names them, and fences the writes of
    workers: a worker that holds an older number changes nothing."""

    id: Mapped[int]
    user_id: Mapped[int]
    status: Mapped[str]
    error: Mapped[str] = mapped_column(server_default="")
    waiting: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """`contracts.shared.Waiting` of a run that stands still."""
    attempt: Mapped[int] = mapped_column(server_default="1")
    first_attempt: Mapped[int] = mapped_column(server_default="1")
    graceful: Mapped[bool] = mapped_column(server_default=text("false"))
    """How the run is to be stopped."""
    started_at: Mapped[datetime | None]
    """When a worker took this attempt; null while it waits for one."""


class PipelineRunColumns:
    """Mixin of the table of pipeline runs that a row ever had, so that earlier attempts can still be looked into."""

    run_id: Mapped[str] = mapped_column(primary_key=True)
    attempt: Mapped[int]


class UsageColumns:
    """Mixin of a ledger: one entry for each process of a run, and one for what a run has stored. Entries stay when
    their run is deleted."""

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    user_id: Mapped[int]
    month: Mapped[date] = mapped_column(Date)
    """Its first day, UTC."""
    row_id: Mapped[int]
    """Of the training or prediction."""
    attempt: Mapped[int]
    cpu_seconds: Mapped[float] = mapped_column(Double, server_default="0")
    gpu_seconds: Mapped[float] = mapped_column(Double, server_default="0")
    peak_memory: Mapped[int] = mapped_column(server_default="0")
    stored_bytes: Mapped[int] = mapped_column(server_default="0")
