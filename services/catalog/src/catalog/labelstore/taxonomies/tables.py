from datetime import datetime
from typing import Any

from sqlalchemy import Identity, Index, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from catalog.labelstore.schema import SCHEMA
from catalog.shared.tables import Base


class TaxonomyRow(Base):
    """One version; it never changes."""

    __tablename__ = "taxonomies"
    __table_args__ = ({"schema": SCHEMA},)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    name: Mapped[str]
    version: Mapped[int]
    labels: Mapped[list[Any]] = mapped_column(JSONB)
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


Index("uq_taxonomies_name", func.lower(TaxonomyRow.name), TaxonomyRow.version, unique=True)
