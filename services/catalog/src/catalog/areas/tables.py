from datetime import datetime
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import ForeignKey, Identity, func
from sqlalchemy.orm import Mapped, mapped_column

from catalog.tables import Base


class AoiRow(Base):
    __tablename__ = "aois"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    geom: Mapped[Any] = mapped_column(Geometry("POLYGON", 4326, spatial_index=True))
    area: Mapped[float]
    dataset_id: Mapped[int | None] = mapped_column(ForeignKey("datasets.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int]
    is_public: Mapped[bool] = mapped_column(server_default="false")
    """That of its dataset; kept by the database (migration 0007)."""
    label_status: Mapped[int] = mapped_column(server_default="-1")
    label_fetched: Mapped[datetime | None]
    label_error: Mapped[str] = mapped_column(server_default="")
    label_run: Mapped[int] = mapped_column(server_default="0")
    """Counts fetches; a job of an older one has been overtaken."""
    label_since: Mapped[datetime | None]
    """Last sign of life of the fetch or upload under way."""
    created_at: Mapped[datetime]
    last_modified: Mapped[datetime]


class CategoryRow(Base):
    __tablename__ = "categories"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    label: Mapped[str]
    description: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_modified: Mapped[datetime] = mapped_column(server_default=func.now())
