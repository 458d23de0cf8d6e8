"""Four figures about the whole platform."""

from contracts.base import Contract, Query


class Kpi(Contract):
    total_models_published: int
    total_registered_users: int
    total_feedback_labels: int
    total_accepted_predictions: int


class GetKpi(Query, wire="notify.v1.get_kpi"):
    """Unavailable until the copies have been filled for the first time."""
