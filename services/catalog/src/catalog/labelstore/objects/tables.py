"""Objects are never deleted: a submission replaces those of an image by pointing to itself, and older ones are its
history."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Identity, Index, Integer, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from catalog.labelstore.schema import SCHEMA
from catalog.shared.tables import Base


class SubmissionRow(Base):
    __tablename__ = "submissions"
    __table_args__ = ({"schema": SCHEMA},)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.campaigns.id"), index=True)
    actor_id: Mapped[int]
    by: Mapped[str]
    kind: Mapped[str] = mapped_column(server_default="submission")
    at: Mapped[datetime] = mapped_column(server_default=func.now())


class RevisionRow(Base):
    """An image in a submission, with or without objects."""

    __tablename__ = "revisions"
    __table_args__ = ({"schema": SCHEMA},)

    campaign_image_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.campaign_images.id"), primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.submissions.id"), primary_key=True)
    review: Mapped[str] = mapped_column(server_default="submitted")
    reviewed_by: Mapped[str | None]
    comment: Mapped[str | None]


class ObjectRow(Base):
    __tablename__ = "objects"
    __table_args__ = (
        Index("ix_objects_campaign_image_id", "campaign_image_id", "submission_id"),
        Index("ix_objects_submission_id", "submission_id"),
        {"schema": SCHEMA},
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    campaign_image_id: Mapped[int]
    submission_id: Mapped[int]
    """The trigger `check_objects` looks up both once per statement; what they refer to is never deleted."""
    label: Mapped[str]
    label_original: Mapped[str]
    confidence: Mapped[float | None]
    x_min: Mapped[int] = mapped_column(Integer)
    x_max: Mapped[int] = mapped_column(Integer)
    y_min: Mapped[int] = mapped_column(Integer)
    y_max: Mapped[int] = mapped_column(Integer)
    geometry: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    date_added: Mapped[datetime] = mapped_column(server_default=func.now())


class PredictionRow(Base):
    """Pre-annotations of an image, apart from what people have said."""

    __tablename__ = "predictions"
    __table_args__ = ({"schema": SCHEMA},)

    campaign_image_id: Mapped[int] = mapped_column(
        ForeignKey(f"{SCHEMA}.campaign_images.id"), primary_key=True, autoincrement=False
    )
    model: Mapped[str]
    objects: Mapped[list[Any]] = mapped_column(JSONB)
    at: Mapped[datetime] = mapped_column(server_default=func.now())
