from datetime import datetime

from sqlalchemy import Index, func
from sqlalchemy.orm import Mapped, mapped_column

from catalog.tables import Base


class StarRow(Base):
    """`voter` is `user:<id>` or `browser:<identity>`; a person's two are two."""

    __tablename__ = "stars"
    __table_args__ = (Index("ix_stars_voter", "voter", "target_id"),)

    target_id: Mapped[str] = mapped_column(primary_key=True)
    voter: Mapped[str] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class StarCountRow(Base):
    """Kept in step with `stars`, and copied to the row of the target, so that lists neither count nor join."""

    __tablename__ = "star_counts"

    target_id: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
