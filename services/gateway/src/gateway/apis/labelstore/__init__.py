"""The API of the label store: one module per resource. Clients of the LabelAPI change the base address only."""

from gateway.apis.labelstore import (
    campaigns,
    datasets,
    documents,
    image_sets,
    images,
    objects,
    predictions,
    revisions,
    users,
    work,
)

MODULES = (work, objects, images, campaigns, image_sets, users, datasets, predictions, revisions, documents)
"""Ordered by how often they are requested: routes are tried one after the other."""
