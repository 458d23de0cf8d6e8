from datetime import datetime
from typing import Any

from sqlalchemy import Identity, LargeBinary, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gateway.tables import Base


class DeadLetterRow(Base):
    __tablename__ = "dead_letters"
    __table_args__ = (UniqueConstraint("stream", "sequence", "consumer"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    stream: Mapped[str]
    sequence: Mapped[int]
    consumer: Mapped[str]
    service: Mapped[str] = mapped_column(index=True)
    subject: Mapped[str]
    type: Mapped[str]
    headers: Mapped[dict[str, Any]] = mapped_column(JSONB)
    data: Mapped[bytes] = mapped_column(LargeBinary)
    reason: Mapped[str]
    deliveries: Mapped[int]
    state: Mapped[str] = mapped_column(index=True)
    replays: Mapped[int]
    first_seen: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_by: Mapped[int | None]
