"""Copies of what other services own, fed by their events."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from prediction.tables import Base


class KnownUser(Base):
    """A copy fed by `gateway.v1.user_changed`, so that rows can show a name."""

    __tablename__ = "known_users"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    username: Mapped[str]
    as_of: Mapped[datetime]


class KnownModel(Base):
    """A copy of what the catalog says of a base or local model; `facts` is a `contracts…ModelFacts` as JSON, null
    while only a change of visibility was heard: then the catalog must be asked."""

    __tablename__ = "known_models"

    stac_item_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    model_id: Mapped[int]
    user_id: Mapped[int]
    visibility: Mapped[str]
    facts: Mapped[dict[str, Any] | None]
    as_of: Mapped[datetime]
