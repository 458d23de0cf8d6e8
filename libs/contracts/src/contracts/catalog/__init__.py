"""Messages of the catalog: categories, AOIs, labels, datasets, base and local models, packages, STAC."""

from contracts.catalog import (  # isort: skip
    areas, boundaries, curation, datasets, files, labels, models, osm, ownership_counts, package_jobs, packages, stac,
    stars,
)  # fmt: skip

__all__ = [
    "areas", "boundaries", "curation", "datasets", "files", "labels", "models", "osm", "ownership_counts",
    "package_jobs", "packages", "stac", "stars",
]  # fmt: skip
