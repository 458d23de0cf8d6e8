"""Columns that tables of runs share."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, TextClause, text
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
