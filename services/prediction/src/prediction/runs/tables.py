from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, ForeignKey, Identity, Index, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from prediction.tables import Base
from runs.tables import PipelineRunColumns, RunColumns, UsageColumns

NEW_TOKEN = text("replace(gen_random_uuid()::text, '-', '')")
"""122 random bits."""


class Geometry(UserDefinedType[str]):
    """PostGIS, EPSG:4326, written as EWKB in hexadecimal digits. GeoAlchemy2 would bring numpy and shapely into the
    idle service: 20 MB."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "geometry(GEOMETRY,4326)"

    def bind_expression(self, bindvalue: BindParameter[str]) -> ColumnElement[str]:
        return func.ST_GeomFromEWKT(bindvalue, type_=self)


class PredictionRow(RunColumns, Base):
    """One prediction from its submission to its results; a run's states are those of `runs.lifecycle`."""

    __tablename__ = "predictions"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    model_stac_id: Mapped[str]
    category: Mapped[str | None]
    facts: Mapped[dict[str, Any]]
    image_uri: Mapped[str]
    geom: Mapped[Any] = mapped_column(Geometry(), deferred=True)
    zoom: Mapped[int]
    params: Mapped[dict[str, Any]]
    remove_osm: Mapped[bool]
    description: Mapped[str]
    visibility: Mapped[str]
    run_id: Mapped[str | None]
    tile_count: Mapped[int | None]
    outcome: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """`tiles` once the imagery is staged, `features` once the results are ready: a `PredictionOutcome` then."""
    feature_count: Mapped[int | None]
    has_pmtiles: Mapped[bool]
    results_ready: Mapped[bool]
    results_token: Mapped[str] = mapped_column(server_default=NEW_TOKEN)
    """Whoever has it may load the results; another one when the visibility changes."""
    mapswipe_project_id: Mapped[str | None]
    submitted_at: Mapped[datetime]
    last_polled_at: Mapped[datetime | None]
    touched_at: Mapped[datetime]
    """The last sign of life of that worker, or the last time its job was put on the stream."""
    due_at: Mapped[datetime]
    """When the reconciler gives the row up, unless it is settled by then."""


OPEN = text("predictions.status NOT IN ('failed', 'stopped', 'retried') AND NOT predictions.results_ready")
"""Rows of which `prediction.runs.transitions.is_settled` says no; they have an index."""


class RunRow(PipelineRunColumns, Base):
    """Every pipeline run that a prediction ever had, so that earlier attempts can still be looked into."""

    __tablename__ = "prediction_runs"

    prediction_id: Mapped[int] = mapped_column(ForeignKey("predictions.id", ondelete="CASCADE"), index=True)


class UsageRow(UsageColumns, Base):
    """What the predictions of this service have cost."""

    __tablename__ = "run_usage"
    __table_args__ = (Index("ix_run_usage_user_month", "user_id", "month"),)
