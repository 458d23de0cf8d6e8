from datetime import datetime

from sqlalchemy import Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from notify.tables import Base


class UserStateRow(Base):
    """`state` is JSON as text: PostgreSQL's own types would write numbers anew. `id` is the `pid` of clients."""

    __tablename__ = "user_states"
    __table_args__ = (
        Index("ix_user_states_user", "user_id", text("timestamp DESC"), text("id DESC")),
        Index("ix_user_states_newest", text("timestamp DESC"), text("id DESC")),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    user_id: Mapped[int]
    state: Mapped[str]
    timestamp: Mapped[datetime]
