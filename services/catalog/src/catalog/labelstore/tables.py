"""All tables of the label store."""

from catalog.labelstore.audit import tables as audit
from catalog.labelstore.campaigns import tables as campaigns
from catalog.labelstore.datasets import tables as datasets
from catalog.labelstore.image_sets import tables as image_sets
from catalog.labelstore.images import tables as images
from catalog.labelstore.imports import tables as imports
from catalog.labelstore.objects import answer_tables as answers
from catalog.labelstore.objects import tables as objects
from catalog.labelstore.taxonomies import tables as taxonomies
from catalog.labelstore.users import tables as users

__all__ = [
    "answers", "audit", "campaigns", "datasets", "image_sets", "images", "imports", "objects", "taxonomies", "users",
]  # fmt: skip
