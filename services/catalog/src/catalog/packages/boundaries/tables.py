from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import Identity, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from catalog.shared.tables import Base

SCHEMA = "packages"
BY_CODE_POINT = String(collation="C")
"""Text whose order is the same in every deployment."""


class BoundaryRow(Base):
    """An outline as it was imported, valid or not."""

    __tablename__ = "boundaries"
    __table_args__ = (
        Index("ix_boundaries_id", "id"),
        Index("ix_boundaries_name", "name", unique=True),
        Index("ix_boundaries_name_long", "name_long", unique=True),
        Index("ix_boundaries_admin_level", "admin_level"),
        Index("idx_boundaries_geometry", "geometry", postgresql_using="gist"),
        {"schema": SCHEMA},
    )

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(BY_CODE_POINT)
    name_long: Mapped[str] = mapped_column(BY_CODE_POINT)
    admin_level: Mapped[str] = mapped_column(String)
    geometry: Mapped[Any] = mapped_column(Geometry("MULTIPOLYGON", 4326, spatial_index=False))
