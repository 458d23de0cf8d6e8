from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from catalog.tables import Base


class StacChange(Base):
    """A change of pgstac that became an event, until it is gone from pgstac's side."""

    __tablename__ = "stac_changes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
