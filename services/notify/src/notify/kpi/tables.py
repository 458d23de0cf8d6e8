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
