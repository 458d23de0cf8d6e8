from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from catalog.shared.tables import Base


class LabelUploadPart(Base):
    """A part of an uploaded file that waits for the other parts."""

    __tablename__ = "label_upload_parts"

    upload: Mapped[str] = mapped_column(primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    aoi_id: Mapped[int] = mapped_column(ForeignKey("aois.id", ondelete="CASCADE"), index=True)
    features: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    numbers: Mapped[list[int]] = mapped_column(JSONB, server_default="[]")
    """Positions of the features in their file, from 1."""
    left_out: Mapped[list[tuple[str, str]]] = mapped_column(JSONB, server_default="[]")
    """Reason and name of features that the gateway could not send."""
