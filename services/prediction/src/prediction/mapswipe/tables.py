from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from prediction.tables import Base


class MapswipeRow(Base):
    """The push of one prediction. `client_id` outlives every try, so that a lost answer makes no second project; a
    worker that is not of this `attempt` and `delivery` changes nothing any more."""

    __tablename__ = "mapswipe_pushes"

    prediction_id: Mapped[int] = mapped_column(ForeignKey("predictions.id", ondelete="CASCADE"), primary_key=True)
    attempt: Mapped[int]
    delivery: Mapped[int]
    state: Mapped[str]
    reason: Mapped[str]
    wishes: Mapped[dict[str, Any]]
    client_id: Mapped[str]
    project_id: Mapped[str | None] = mapped_column(index=True)
    asset_id: Mapped[str | None]
    requested_at: Mapped[datetime]
    updated_at: Mapped[datetime]
