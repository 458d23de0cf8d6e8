"""Copies of what other services own, fed by their events."""

from datetime import datetime

from sqlalchemy import Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from notify.tables import Base


class KnownUser(Base):
    """A copy fed by `gateway.v1.user_changed`: where to write to, and how the user wants to hear."""

    __tablename__ = "known_users"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    username: Mapped[str]
    email: Mapped[str]
    email_verified: Mapped[bool] = mapped_column(server_default=text("false"))
    delivery_methods: Mapped[list[str]] = mapped_column(ARRAY(Text))
    as_of: Mapped[datetime]


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
