"""What each of several labellers says of an image, apart from what counts."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from catalog.labelstore.schema import SCHEMA
from catalog.shared.tables import Base


class AnswerRow(Base):
    """One labeller's work at one image: leased, then submitted. Nobody but admins and reviewers sees it."""

    __tablename__ = "answers"
    __table_args__ = (
        Index("ix_answers_actor_id", "actor_id", postgresql_where=text("submission_id IS NULL")), {"schema": SCHEMA},
    )  # fmt: skip

    campaign_image_id: Mapped[int] = mapped_column(
        ForeignKey(f"{SCHEMA}.campaign_images.id"), primary_key=True, autoincrement=False
    )
    actor_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    by: Mapped[str]
    leased_until: Mapped[datetime | None]
    submission_id: Mapped[int | None]
    quality: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """`{tp, fp, fn}` in comparison with what is true, or with what was agreed on."""
