from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from catalog.shared.tables import Base


class WorkerHeartbeatRow(Base):
    """A worker of packages, and when it was last alive."""

    __tablename__ = "worker_heartbeats"
    __table_args__ = {"schema": "packages"}

    worker: Mapped[str] = mapped_column(primary_key=True)
    beat_at: Mapped[datetime]
