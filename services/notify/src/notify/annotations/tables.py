from sqlalchemy import Identity, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from notify.tables import Base


class AnnotationRow(Base):
    """Times are in milliseconds since the epoch. `key` names what happened, so that later events change the row;
    `user_id` is the only user who sees it besides administrators, None for everybody."""

    __tablename__ = "annotations"
    __table_args__ = (
        Index("uq_annotations_key", "key", unique=True, postgresql_where=text("key is not null")),
        Index("ix_annotations_begin", "begin_ms"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    key: Mapped[str | None]
    begin_ms: Mapped[int]
    end_ms: Mapped[int | None]
    text: Mapped[str]
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text))
    user_id: Mapped[int | None]
