"""All tables of the catalog, in one metadata."""

from catalog.aoi_labels import tables as aoi_labels
from catalog.areas import tables as areas
from catalog.categories import tables as categories
from catalog.datasets import tables as datasets
from catalog.labelstore import tables as labelstore
from catalog.models import tables as models
from catalog.packages.boundaries import tables as boundaries
from catalog.packages.packages import tables as packages
from catalog.packages.production import tables as production
from catalog.packages.submissions import tables as submissions
from catalog.shared import tables as shared
from catalog.stac import tables as stac

__all__ = [
    "aoi_labels", "areas", "boundaries", "categories", "datasets", "labelstore", "metadata", "models", "packages",
    "production", "shared", "stac", "submissions",
]  # fmt: skip
metadata = shared.Base.metadata
