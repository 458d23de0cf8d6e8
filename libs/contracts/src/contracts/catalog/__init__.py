"""Messages of the catalog: categories, AOIs, labels, datasets, base and local models, packages, label store, STAC."""

from contracts.catalog import (  # isort: skip
    areas, boundaries, curation, datasets, files, label_campaigns, label_datasets, label_image_sets, label_images,
    label_objects, label_users, labels, models, osm, ownership_counts, package_jobs, packages, stac, stars,
)  # fmt: skip

__all__ = [
    "areas", "boundaries", "curation", "datasets", "files", "label_campaigns", "label_datasets", "label_image_sets",
    "label_images", "label_objects", "label_users", "labels", "models", "osm", "ownership_counts", "package_jobs",
    "packages", "stac", "stars",
]  # fmt: skip
