"""The base of the catalog's tables, and users as the gateway tells of them."""

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from kit.db import new_metadata


class Base(DeclarativeBase):
    metadata = new_metadata()
    type_annotation_map = {datetime: DateTime(timezone=True), int: BigInteger, str: Text}


class KnownUser(Base):
    """A copy fed by `gateway.v1.user_changed`, so that rows can show a name."""

    __tablename__ = "known_users"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    username: Mapped[str]
    as_of: Mapped[datetime]
