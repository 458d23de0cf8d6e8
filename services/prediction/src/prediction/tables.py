"""The base of the room's tables, and what other rooms tell of users and models."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from kit.db import new_metadata


class Base(DeclarativeBase):
    metadata = new_metadata()
    type_annotation_map = {datetime: DateTime(timezone=True), int: BigInteger, str: Text, dict[str, Any]: JSONB}


class KnownUser(Base):
    """A copy fed by `gateway.v1.user_changed`, so that rows can show a name."""

    __tablename__ = "known_users"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    username: Mapped[str]
    as_of: Mapped[datetime]


class KnownModel(Base):
    """A copy of what the catalog says of a base or local model; `facts` is a `contracts…ModelFacts` as JSON."""

    __tablename__ = "known_models"

    stac_item_id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    model_id: Mapped[int]
    user_id: Mapped[int]
    visibility: Mapped[str]
    facts: Mapped[dict[str, Any]]
    as_of: Mapped[datetime]
