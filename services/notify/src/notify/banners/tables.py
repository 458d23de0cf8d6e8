from datetime import datetime

from sqlalchemy import Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from notify.tables import Base


class BannerRow(Base):
    __tablename__ = "banners"
    __table_args__ = (Index("ix_banners_newest", text("start_date DESC"), text("id DESC")),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    message: Mapped[str]
    start_date: Mapped[datetime]
    end_date: Mapped[datetime | None]
