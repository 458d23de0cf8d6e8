from datetime import datetime
from typing import Any, Literal

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Computed,
    ForeignKey,
    Identity,
    LargeBinary,
    Text,
    UniqueConstraint,
    column,
    func,
    table,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from catalog.shared.tables import Base

datasets = table(
    "datasets", column("id", BigInteger), column("user_id", BigInteger), column("visibility", Text),
    column("status", Text), column("aoi_count", BigInteger),
)  # fmt: skip
"""What an area reads of its dataset: who owns it, who may see it, whether it is built, how many areas it has. Areas are
the layer below `catalog.datasets`, which alone writes these rows."""


class AoiRow(Base):
    __tablename__ = "aois"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    geom: Mapped[Any] = mapped_column(Geometry("GEOMETRY", 4326, spatial_index=True))
    """A polygon, or two that meet at ±180° when the area crosses the antimeridian."""
    area: Mapped[float]
    dataset_id: Mapped[int | None] = mapped_column(ForeignKey("datasets.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int]
    is_public: Mapped[bool] = mapped_column(server_default="false")
    """Whether its dataset is public; written by a trigger (migration 0007, decision 51)."""
    label_status: Mapped[Literal[-1, 0, 1]] = mapped_column(BigInteger, server_default="-1")
    label_fetched: Mapped[datetime | None]
    label_error: Mapped[str] = mapped_column(server_default="")
    label_outcome: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """`contracts.shared.Outcome` of the last fetch or upload; null while one is running."""
    label_run: Mapped[int] = mapped_column(server_default="0")
    """Number of the newest fetch; a job with another number is outdated."""
    label_since: Mapped[datetime | None]
    """Last heartbeat of the running fetch or upload."""
    created_at: Mapped[datetime]
    last_modified: Mapped[datetime]


class LabelRow(Base):
    """A label of an area: areas count them, `catalog.aoi_labels` writes them, builds of datasets read them. Equal
    shapes have the same `geom_hash`, wherever their rings begin."""

    __tablename__ = "labels"
    __table_args__ = (UniqueConstraint("aoi_id", "geom_hash", name="uq_labels_aoi_id"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    aoi_id: Mapped[int] = mapped_column(ForeignKey("aois.id", ondelete="CASCADE"))
    geom: Mapped[Any] = mapped_column(Geometry("GEOMETRY", 4326, spatial_index=True))
    geom_hash: Mapped[bytes] = mapped_column(
        LargeBinary, Computed("sha256(ST_AsBinary(ST_Normalize(geom)))", persisted=True)
    )
    osm_id: Mapped[int | None] = mapped_column(index=True)
    osm_type: Mapped[str | None]
    tags: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
