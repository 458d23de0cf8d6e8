"""The label store: quality of labellers, taxonomies of labels, and the audit trail. Methods raise ApiError and
Unreachable."""

from collections.abc import Iterator
from typing import Any

from fairway.labelstore import Resource


class LabelQuality(Resource):
    def mark_truth(self, campaign_id: int, images: list[dict[str, Any]]) -> None:
        """Makes images reference images: `[{image_id, objects}]` is what is true of them."""
        self.transport.write("PUT", f"/campaigns/{campaign_id}/truth", images)

    def of(self, campaign_id: int) -> dict[str, Any]:
        """Returns `{labelers, agreement, disputed}`, with precision and recall of each labeller."""
        return self.transport.get(f"/campaigns/{campaign_id}/quality")

    def opinions(self, campaign_id: int, image_id: int) -> dict[str, Any]:
        """Returns what each labeller has said of an image."""
        return self.transport.get(f"/campaigns/{campaign_id}/images/{image_id}/opinions")

    def suspicions(self, campaign_id: int, **options: Any) -> dict[str, Any]:
        """Returns labels that look wrong: `min_confidence`, `min_iou` and `limit` are options."""
        return self.transport.get(f"/campaigns/{campaign_id}/suspicions", **options)


class Taxonomies(Resource):
    def create(self, name: str, labels: list[dict[str, Any]]) -> dict[str, Any]:
        """Makes the next version: `[{name, synonyms, parent, colour}]`."""
        return self.transport.write("POST", "/label_taxonomies", {"name": name, "labels": labels})

    def get(self, taxonomy_id: int) -> dict[str, Any]:
        return self.transport.get(f"/label_taxonomies/{taxonomy_id}")

    def all(self, name: str | None = None) -> Iterator[dict[str, Any]]:
        """Yields all versions, or those of one taxonomy."""
        return self._rows("/label_taxonomies", "taxonomies", name=name)


class Audit(Resource):
    def all(self, **filters: Any) -> Iterator[dict[str, Any]]:
        """Yields changes in their order: `about`, `about_id`, `by` and `since` filter."""
        return self._rows("/label_audit", "entries", **filters)
