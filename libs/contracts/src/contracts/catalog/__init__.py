"""What data exists: categories, AOIs, datasets, base and local models, STAC."""

from contracts.catalog import areas, datasets, models, stac

__all__ = ["areas", "datasets", "models", "stac"]
