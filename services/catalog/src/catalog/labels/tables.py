from datetime import datetime
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import Computed, ForeignKey, Identity, LargeBinary, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from catalog.tables import Base


class LabelRow(Base):
    """`geom_hash` is the same for the same shape, wherever its rings begin."""

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


class LabelUploadPart(Base):
    """Waits until the other parts of its file are there."""

    __tablename__ = "label_upload_parts"

    upload: Mapped[str] = mapped_column(primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    aoi_id: Mapped[int] = mapped_column(ForeignKey("aois.id", ondelete="CASCADE"), index=True)
    features: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
