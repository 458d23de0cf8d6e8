"""Copies of what other services own, fed by their events."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from training.tables import Base, Json


class KnownBaseModel(Base):
    __tablename__ = "known_base_models"

    stac_item_id: Mapped[str] = mapped_column(primary_key=True)
    model_id: Mapped[int]
    user_id: Mapped[int]
    visibility: Mapped[str]
    facts: Mapped[Json]
    as_of: Mapped[datetime]


class KnownDataset(Base):
    """`facts` is null while only a change of visibility was heard: then the catalog must be asked."""

    __tablename__ = "known_datasets"

    stac_id: Mapped[str] = mapped_column(primary_key=True)
    dataset_id: Mapped[int] = mapped_column(index=True)
    user_id: Mapped[int]
    visibility: Mapped[str]
    deleted: Mapped[bool] = mapped_column(server_default=text("false"))
    facts: Mapped[Json | None]
    as_of: Mapped[datetime]


class KnownUser(Base):
    __tablename__ = "known_users"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    username: Mapped[str]
    as_of: Mapped[datetime]
