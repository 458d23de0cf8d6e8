from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from notify.tables import Base


class KpiRow(Base):
    """One row. Written only together with the copies that it counts; `healed_at` is when those were last compared with
    their owners."""

    __tablename__ = "kpi"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    models: Mapped[int] = mapped_column(server_default="0")
    users: Mapped[int] = mapped_column(server_default="0")
    feedback: Mapped[int] = mapped_column(server_default="0")
    accepted: Mapped[int] = mapped_column(server_default="0")
    healed_at: Mapped[datetime | None]


class KnownModel(Base):
    """The last that was told of a local model; `status` null when it is gone. `previous` is what it was before, so that
    one statement can both change and count."""

    __tablename__ = "known_models"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    stac_item_id: Mapped[str] = mapped_column(index=True)
    status: Mapped[str | None]
    previous: Mapped[str | None]
    as_of: Mapped[datetime]


class KnownFeedback(Base):
    """As `KnownModel`, of feedback and its action."""

    __tablename__ = "known_feedback"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    action: Mapped[str | None]
    previous: Mapped[str | None]
    as_of: Mapped[datetime]
