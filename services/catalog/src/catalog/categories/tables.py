from datetime import datetime

from sqlalchemy import Identity, func
from sqlalchemy.orm import Mapped, mapped_column

from catalog.shared.tables import Base


class CategoryRow(Base):
    __tablename__ = "categories"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    label: Mapped[str]
    description: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_modified: Mapped[datetime] = mapped_column(server_default=func.now())
