"""Messages of the catalog: categories, AOIs, labels, datasets, base and local models, STAC."""

from contracts.catalog import areas, curation, datasets, files, labels, models, osm, ownership_counts, stac, stars

__all__ = ["areas", "curation", "datasets", "files", "labels", "models", "osm", "ownership_counts", "stac", "stars"]
