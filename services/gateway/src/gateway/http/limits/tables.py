from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from gateway.tables import Base


class RateRow(Base):
    """Tokens of one window that replicas have leased; `taken` may exceed the limit, tokens above it were not
    granted."""

    __tablename__ = "rate_leases"

    scope: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    window: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    taken: Mapped[int]
    ends_at: Mapped[datetime] = mapped_column(index=True)
