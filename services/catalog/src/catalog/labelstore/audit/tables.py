from datetime import datetime
from typing import Any

from sqlalchemy import Identity, Index, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from catalog.labelstore.schema import SCHEMA
from catalog.shared.tables import Base


class AuditRow(Base):
    """A change, noted by triggers of the database in the transaction of the change. Never changed or deleted."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_subject", "kind", "subject", "id"), {"schema": SCHEMA})

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    by: Mapped[str]
    action: Mapped[str]
    kind: Mapped[str]
    subject: Mapped[str]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
