from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Identity, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from catalog.labelstore.schema import SCHEMA
from catalog.labelstore.taxonomies.tables import TaxonomyRow
from catalog.shared.tables import Base


class CampaignRow(Base):
    __tablename__ = "campaigns"
    __table_args__ = ({"schema": SCHEMA},)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    title: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="created")
    details: Mapped[dict[str, Any] | None] = mapped_column("metadata", JSONB(none_as_null=True))
    label_translations: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    apply_label_translations: Mapped[bool] = mapped_column(server_default="false")
    uses_leases: Mapped[bool] = mapped_column(server_default="false")
    review: Mapped[bool] = mapped_column(server_default="false")
    split: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    overlap: Mapped[int] = mapped_column(server_default="1")
    """Labellers of each image."""
    consensus: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    taxonomy_id: Mapped[int | None] = mapped_column(ForeignKey(TaxonomyRow.id), index=True)
    image_count: Mapped[int] = mapped_column(server_default="0")
    date_created: Mapped[datetime] = mapped_column(server_default=func.now())
    date_started: Mapped[datetime | None]
    date_completed: Mapped[datetime | None]
    date_finished: Mapped[datetime | None]
    created_by: Mapped[str]


Index("uq_campaigns_title", func.lower(CampaignRow.title), unique=True)


class CampaignImageRow(Base):
    """An image of a campaign, in the order of ids. `submission_id` is the revision of its objects that counts."""

    __tablename__ = "campaign_images"
    __table_args__ = (
        UniqueConstraint("campaign_id", "image_id", name="uq_campaign_images_campaign_id"),
        Index("ix_campaign_images_labeled", "campaign_id", "labeled"),
        Index(
            "ix_campaign_images_open", "campaign_id", text("uncertainty DESC NULLS LAST"), "id",
            postgresql_where=text("NOT labeled AND review = 'open' AND truth_id IS NULL"),
        ),
        Index("ix_campaign_images_leased_by", "leased_by", postgresql_where=text("leased_by IS NOT NULL")),
        Index(
            "ix_campaign_images_rejected", "campaign_id", "submitted_by", postgresql_where=text("review = 'rejected'")
        ),
        Index("ix_campaign_images_truth", "campaign_id", "id", postgresql_where=text("truth_id IS NOT NULL")),
        {"schema": SCHEMA},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.campaigns.id"))
    image_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.images.id"), index=True)
    labeled: Mapped[bool] = mapped_column(server_default="false")
    submission_id: Mapped[int | None]
    submitted_by: Mapped[int | None]
    """Actor whose submission counts; a rejected image goes back to it."""
    review: Mapped[str] = mapped_column(server_default="open")
    comment: Mapped[str | None]
    leased_by: Mapped[int | None]
    leased_until: Mapped[datetime | None]
    uncertainty: Mapped[float | None]
    agreement: Mapped[float | None]
    """How far its labellers agree, 0 to 1."""
    truth_id: Mapped[int | None]
    """Submission that holds what is true of a reference image."""
    given_split: Mapped[str | None]
    """Side of the split that an import says; it counts unless near duplicates would be on two sides."""
