"""Messages of the catalog: categories, AOIs, labels, datasets, base and local models, STAC, label store."""

from contracts.catalog import (
    areas,
    curation,
    datasets,
    files,
    label_campaigns,
    label_datasets,
    label_image_sets,
    label_images,
    label_objects,
    label_users,
    labels,
    models,
    osm,
    ownership_counts,
    stac,
    stars,
)

__all__ = [
    "areas", "curation", "datasets", "files", "label_campaigns", "label_datasets", "label_image_sets", "label_images",
    "label_objects", "label_users", "labels", "models", "osm", "ownership_counts", "stac", "stars",
]  # fmt: skip
