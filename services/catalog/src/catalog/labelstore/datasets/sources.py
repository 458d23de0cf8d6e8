"""What a version is made of: one campaign, or several with filters."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.labelstore.campaigns.tables import CampaignImageRow, CampaignRow
from catalog.labelstore.datasets.tables import LabelDatasetRow
from catalog.labelstore.images.tables import ImageRow
from catalog.labelstore.objects.tables import ObjectRow
from contracts.catalog.label_datasets import Composition, VersionPart


@dataclass(frozen=True)
class VersionSource:
    """`campaigns` in the order in which they were named. Where an image is in several, the last one counts."""

    campaigns: Sequence[CampaignRow]
    parts: Sequence[VersionPart]
    details: dict[str, Any]
    created_by: str
    finished: datetime | None

    @property
    def reviewed(self) -> frozenset[int]:
        """Campaigns whose images count when they are accepted."""
        return frozenset(one.id for one in self.campaigns if one.review)

    @property
    def rank(self) -> dict[int, int]:
        return {one.id: number for number, one in enumerate(self.campaigns)}

    @property
    def is_chosen(self) -> ColumnElement[bool]:
        """The condition of images that the parts name."""
        return or_(*(_chosen(part) for part in self.parts))


def _chosen(part: VersionPart) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [CampaignImageRow.campaign_id == part.campaign_id]
    if part.imageset_ids is not None:
        conditions.append(ImageRow.imageset_id == func.any(part.imageset_ids))
    if part.taken_from is not None:
        conditions.append(ImageRow.date_taken >= part.taken_from)
    if part.taken_to is not None:
        conditions.append(ImageRow.date_taken <= part.taken_to)
    if part.min_agreement is not None:
        conditions.append(func.coalesce(CampaignImageRow.agreement, 1) >= part.min_agreement)
    return and_(*conditions)


async def source_of(row: LabelDatasetRow, session: AsyncSession) -> VersionSource:
    composition = composition_of(row)
    ids = [part.campaign_id for part in composition.parts]
    found = (await session.scalars(select(CampaignRow).where(CampaignRow.id == func.any(ids)))).all()
    by_id = {one.id: one for one in found}
    campaigns = [by_id[one] for one in dict.fromkeys(ids)]
    finished = [one.date_finished for one in campaigns if one.date_finished]
    details = campaigns[0].details if composition.metadata is None else composition.metadata
    return VersionSource(
        campaigns, composition.parts, details or {}, composition.created_by or campaigns[0].created_by,
        max(finished, default=None),
    )  # fmt: skip


def composition_of(row: LabelDatasetRow) -> Composition:
    """Returns what a version is composed of; that of one campaign is all of it."""
    if row.composed_of is not None:
        return Composition.model_validate(row.composed_of)
    assert row.campaign_id is not None
    return Composition(parts=[VersionPart(campaign_id=row.campaign_id)])


def counts(row: LabelDatasetRow) -> list[ColumnElement[bool]]:
    """Returns the conditions of objects that the version holds."""
    labels = composition_of(row).labels
    return [] if labels is None else [ObjectRow.label == func.any(labels)]
