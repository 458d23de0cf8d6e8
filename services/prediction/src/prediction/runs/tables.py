from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, ForeignKey, Identity, func
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from prediction.tables import Base


class Geometry(UserDefinedType[str]):
    """PostGIS, EPSG:4326, written as EWKT. GeoAlchemy2 would bring numpy and shapely into the idle service: 20 MB."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "geometry(GEOMETRY,4326)"

    def bind_expression(self, bindvalue: BindParameter[str]) -> ColumnElement[str]:
        return func.ST_GeomFromEWKT(bindvalue, type_=self)


class PredictionRow(Base):
    """One prediction from its submission to its results; the life of a run is that of `pipelines.states.Life`.

    `attempt` numbers the pipeline runs of the row, names them and fences the writes of workers: one that holds an older
    number changes nothing any more.
    """

    __tablename__ = "predictions"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    user_id: Mapped[int]
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
    status: Mapped[str]
    error: Mapped[str]
    run_id: Mapped[str | None]
    attempt: Mapped[int]
    first_attempt: Mapped[int]
    graceful: Mapped[bool]
    tile_count: Mapped[int | None]
    feature_count: Mapped[int | None]
    has_pmtiles: Mapped[bool]
    results_ready: Mapped[bool]
    mapswipe_project_id: Mapped[str | None]
    submitted_at: Mapped[datetime]
    last_polled_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    """When a worker took this attempt; null while it waits for one."""
    touched_at: Mapped[datetime]
    """The last sign of life of that worker, or the last time its job was put on the stream."""
    due_at: Mapped[datetime]
    """When the reconciler gives the row up, unless it is settled by then."""


class RunRow(Base):
    """Every pipeline run that a prediction ever had, so that earlier attempts can still be looked into."""

    __tablename__ = "prediction_runs"

    run_id: Mapped[str] = mapped_column(primary_key=True)
    prediction_id: Mapped[int] = mapped_column(ForeignKey("predictions.id", ondelete="CASCADE"), index=True)
    attempt: Mapped[int]
