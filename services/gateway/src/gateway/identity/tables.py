from datetime import datetime

from sqlalchemy import Index, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from contracts.gateway import Delivery
from gateway.tables import Base

NO = text("false")


class UserRow(Base):
    """`id` is the OSM id; negative for users without an OSM account."""

    __tablename__ = "users"
    __table_args__ = (Index("ix_users_id_text", text("(id::text)")),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    username: Mapped[str]
    email: Mapped[str] = mapped_column(server_default="")
    img_url: Mapped[str] = mapped_column(server_default="")
    email_verified: Mapped[bool] = mapped_column(server_default=NO)
    newsletter_subscription: Mapped[bool] = mapped_column(server_default=NO)
    account_deletion_requested: Mapped[bool] = mapped_column(server_default=NO)
    notifications_delivery_methods: Mapped[list[Delivery]] = mapped_column(JSONB, server_default=text("'[\"web\"]'"))
    date_joined: Mapped[datetime] = mapped_column(server_default=func.now())
    last_login: Mapped[datetime | None]
    is_staff: Mapped[bool] = mapped_column(server_default=NO)
    is_superuser: Mapped[bool] = mapped_column(server_default=NO)
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))


class MappingRow(Base):
    """Maps a Hanko identity to a user; `app_user_id` is the OSM id as text."""

    __tablename__ = "hanko_user_mappings"

    hanko_user_id: Mapped[str] = mapped_column(primary_key=True)
    app_user_id: Mapped[str] = mapped_column(index=True)
    app_name: Mapped[str] = mapped_column(server_default="fair")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
