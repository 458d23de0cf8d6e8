"""The API of the label store: one module per resource. Clients of the LabelAPI change the base address only."""

from gateway.apis.labelstore import datasets, documents, taxonomies, users
from gateway.apis.labelstore.images import image_sets, images
from gateway.apis.labelstore.labelling import campaigns, imports, objects, predictions, quality, revisions, work

MODULES = (
    work, objects, images, campaigns, image_sets, users, datasets, predictions, imports, revisions, quality, taxonomies,
    documents,
)  # fmt: skip
"""Ordered by how often they are requested: routes are tried one after the other."""
