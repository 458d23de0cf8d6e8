from datetime import datetime
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import Computed, ForeignKey, Identity, Index, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from catalog.labelstore.schema import SCHEMA
from catalog.shared.tables import Base


class TotalRow(Base):
    """Numbers of rows that would take long to count. Whoever adds rows locks the total first."""

    __tablename__ = "totals"
    __table_args__ = ({"schema": SCHEMA},)

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]


class ImageRow(Base):
    """Images are never deleted: `ordinal` counts them from 1 without gaps, so that any page of the whole list is found
    at once."""

    __tablename__ = "images"
    __table_args__ = (
        Index("ix_images_labeled", "ordinal", postgresql_where=text("labeled")),
        {"schema": SCHEMA},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    ordinal: Mapped[int] = mapped_column(unique=True)
    blobstorage_path: Mapped[str] = mapped_column(unique=True)
    imageset_id: Mapped[int | None] = mapped_column(ForeignKey(f"{SCHEMA}.image_sets.id"), index=True)
    date_taken: Mapped[datetime | None]
    location_description: Mapped[str | None]
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    geopoint: Mapped[Any] = mapped_column(
        Geometry("POINT", 4326, spatial_index=True, nullable=True),
        Computed("ST_SetSRID(ST_MakePoint(lon, lat), 4326)", persisted=True),
        nullable=True,
    )
    type: Mapped[str | None]
    details: Mapped[dict[str, Any] | None] = mapped_column("metadata", JSONB(none_as_null=True))
    tss_id: Mapped[str | None] = mapped_column(index=True)
    filetype: Mapped[str | None]
    filesize: Mapped[int | None]
    width: Mapped[int | None]
    height: Mapped[int | None]
    orientation: Mapped[int | None]
    sha256: Mapped[str | None] = mapped_column(index=True)
    dhash: Mapped[int | None]
    """Perceptual hash of 64 bits as a signed number."""
    georef: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    labeled: Mapped[bool] = mapped_column(server_default="false")
    """Whether it is labelled in at least one campaign."""
    date_added: Mapped[datetime] = mapped_column(server_default=func.now())
