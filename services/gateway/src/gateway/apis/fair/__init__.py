"""The API of fAIr, and the platform's own routes beside it: one module per resource, grouped by what it is about."""

from gateway.apis.fair.accounts import (
    account,
    banners,
    mappings,
    notifications,
    onboarding,
    user_state,
    verification,
    webhooks,
)
from gateway.apis.fair.data import aois, categories, datasets, files, geodata, labels, osm
from gateway.apis.fair.models import base_models, inference, local_models, model_cards, stars
from gateway.apis.fair.platform import commands, console, dead_letters, documents, events, kpi, stac_schemas, system
from gateway.apis.fair.runs import (
    feedback,
    live,
    mapswipe,
    predictions,
    public_predictions,
    result_files,
    trainings,
    usage,
)

MODULES = (
    aois, labels, geodata, datasets, trainings, predictions, live, public_predictions, categories, base_models,
    result_files, local_models, model_cards, notifications, account, verification, onboarding, events, commands,
    dead_letters, mappings, system, documents, stars, feedback, files, stac_schemas, osm, banners, user_state, kpi,
    mapswipe, webhooks, inference, console, usage,
)  # fmt: skip
"""Ordered by how often they are requested: routes are tried one after the other."""
