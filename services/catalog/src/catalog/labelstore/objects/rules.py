"""What a campaign asks of every object, whichever way it comes."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from catalog.labelstore.campaigns.domain import final_label
from catalog.labelstore.campaigns.tables import CampaignRow
from catalog.labelstore.objects import domain
from catalog.labelstore.objects.bulk_write import ObjectToStore
from catalog.labelstore.objects.shapes import Box, Size
from catalog.labelstore.settings import LabelStoreSettings
from catalog.labelstore.taxonomies.queries import labels_of
from contracts.catalog.label_geometry import NewObject
from contracts.shared import Json

UNKNOWN_LABEL = "unknown_label"


@dataclass(frozen=True)
class ObjectRules:
    """`translations` are those that the campaign applies; `labels` maps the spellings of its taxonomy, in lower case,
    to their labels: None where every label is allowed."""

    policy: domain.Policy
    translations: dict[str, Any] | None
    labels: dict[str, str] | None

    @classmethod
    async def of(cls, row: CampaignRow, settings: LabelStoreSettings, session: AsyncSession) -> "ObjectRules":
        applied = row.label_translations if row.apply_label_translations else None
        return cls(settings.out_of_bounds, applied, await labels_of(row.taxonomy_id, session))

    def checked(self, one: NewObject, shape: Json | None, row_id: int, size: Size) -> ObjectToStore:
        """`shape` is the geometry of the object as it will be stored. Raises Rejected."""
        found = domain.check(edges_of(one), shape, size, self.policy)
        label = self._known(final_label(one.label, one.label_translated, self.translations))
        return ObjectToStore(row_id, label, one.label, one.confidence, found)

    def _known(self, label: str) -> str:
        """Returns the label as the taxonomy spells it."""
        if self.labels is None:
            return label
        found = self.labels.get(label.casefold())
        if found is None:
            raise domain.Rejected(UNKNOWN_LABEL, f'"{label}" is no label of the taxonomy of this campaign')
        return found


def edges_of(one: NewObject) -> Box | None:
    box = one.bounding_box
    return box and (box.xmin, box.ymin, box.xmax, box.ymax)


def shape_of(one: NewObject) -> Json | None:
    return one.geometry and one.geometry.model_dump(mode="json")
