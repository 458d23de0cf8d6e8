"""The base class of the tables, and the tables that several aggregates read."""

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, Index, Text, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from kit.db.database import new_metadata


class Base(DeclarativeBase):
    metadata = new_metadata()
    type_annotation_map = {datetime: DateTime(timezone=True), int: BigInteger, str: Text}


class KnownUser(Base):
    """Names of users, projected from `gateway.v1.user_changed`."""

    __tablename__ = "known_users"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    username: Mapped[str]
    as_of: Mapped[datetime]


class StarRow(Base):
    """`voter` is `user:<id>` or `browser:<identity>`; both may be one person."""

    __tablename__ = "stars"
    __table_args__ = (Index("ix_stars_voter", "voter", "target_id"),)

    target_id: Mapped[str] = mapped_column(primary_key=True)
    voter: Mapped[str] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class StarCountRow(Base):
    """Number of stars per target, written with `stars` and copied to the row of the target, so that lists neither
    count nor join."""

    __tablename__ = "star_counts"

    target_id: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
