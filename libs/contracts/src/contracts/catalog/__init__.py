"""What data exists: categories, AOIs, datasets, base and local models, STAC."""

from contracts.catalog import areas, curation, datasets, models, owned, stac, stars

__all__ = ["areas", "curation", "datasets", "models", "owned", "stac", "stars"]
