from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from notify.channels.schema import SCHEMA
from notify.tables import Base

BYTE_ORDER = Text(collation="C")


class ChannelSeriesRow(Base):
    """A channel. Times are in nanoseconds since the epoch. Samples before `sealed_until` lie in chunks and rollups;
    those before `dropped_until` are in rollups only."""

    __tablename__ = "channel_series"
    __table_args__ = (
        UniqueConstraint("backend", "name", "type"),
        Index("ix_channel_series_name", "name"),
        {"schema": SCHEMA},
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    backend: Mapped[str] = mapped_column(BYTE_ORDER)
    name: Mapped[str] = mapped_column(BYTE_ORDER)
    type: Mapped[str] = mapped_column(BYTE_ORDER)
    shape: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default=text("'{}'"))
    unit: Mapped[str] = mapped_column(server_default="")
    description: Mapped[str] = mapped_column(server_default="")
    source: Mapped[str] = mapped_column(server_default="")
    registered_at: Mapped[datetime] = mapped_column(server_default=func.now())
    first_ts: Mapped[int | None]
    last_ts: Mapped[int | None]
    sealed_until: Mapped[int] = mapped_column(server_default="0")
    dropped_until: Mapped[int] = mapped_column(server_default="0")


class RecentChannelRow(Base):
    """A channel whose curve was requested; the greatest `view` is the latest."""

    __tablename__ = "recent_channel"
    __table_args__ = (Index("ix_recent_channel_view", "view"), {"schema": SCHEMA})

    series_id: Mapped[int] = mapped_column(ForeignKey(ChannelSeriesRow.id, ondelete="CASCADE"), primary_key=True)
    view: Mapped[int] = mapped_column(Identity(always=True))
    viewed_at: Mapped[datetime] = mapped_column(server_default=func.now())
