from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from catalog.shared.tables import Base


class StacChange(Base):
    """A change of pgstac whose event is published, until pgstac's side deletes it."""

    __tablename__ = "stac_changes"

    id: Mapped[UUID] = mapped_column(primary_key=True)


class PrivateItem(Base):
    """The STAC item of a private dataset or model; it moves to the public catalogue when its owner publishes it."""

    __tablename__ = "private_items"

    collection: Mapped[str] = mapped_column(primary_key=True)
    item_id: Mapped[str] = mapped_column(primary_key=True)
    item: Mapped[dict[str, Any]] = mapped_column(JSONB)
