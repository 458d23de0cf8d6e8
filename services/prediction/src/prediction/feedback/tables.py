from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Identity, func
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from prediction.tables import Base


class GeoJson(UserDefinedType[str]):
    """PostGIS, EPSG:4326, written as GeoJSON text; heights are dropped."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "geometry(GEOMETRY,4326)"

    def bind_expression(self, bindvalue: BindParameter[str]) -> ColumnElement[str]:
        return func.ST_Force2D(func.ST_GeomFromGeoJSON(bindvalue, type_=self))


class FeedbackRow(Base):
    """`prediction_id` outlives its prediction: what was private then does not become public by a deletion."""

    __tablename__ = "feedback"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    geom: Mapped[Any] = mapped_column(GeoJson(), deferred=True)
    stac_id: Mapped[str]
    action: Mapped[str]
    comments: Mapped[str]
    config: Mapped[dict[str, Any]]
    prediction_id: Mapped[int | None]
    user_id: Mapped[int]
    created_at: Mapped[datetime]
    feedback_type: Mapped[str | None]
    zoom_level: Mapped[int | None]
    source_imagery: Mapped[str | None]
