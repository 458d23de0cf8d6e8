"""A training as the API shows it, from a row at hand and as an SQL expression."""

from typing import Any

from sqlalchemy import ColumnElement, func

from contracts.shared import CompactUser
from contracts.training import Training
from training.projections.tables import KnownUser
from training.runs.tables import TrainingRow

SHOWN = (
    "id", "zenml_run_id", "local_model", "base_model_stac_id", "dataset", "overrides", "title", "keywords",
    "description", "status", "error", "submitted_at", "last_polled_at",
)  # fmt: skip
EXTRA = ("waiting", "attempt", "started_at", "ended_at")


def training_view(row: TrainingRow) -> Training:
    values = {name: getattr(row, name) for name in (*SHOWN, *EXTRA)}
    return Training(**values, user=CompactUser(osm_id=row.user_id, username=row.username))


def training_json() -> ColumnElement[Any]:
    """jsonb of the representation; wants an outer join with `KnownUser`."""
    username = func.coalesce(KnownUser.username, TrainingRow.username)
    user = func.jsonb_build_object("osm_id", TrainingRow.user_id, "username", username)
    pairs = [part for name in (*SHOWN, *EXTRA) for part in (name, getattr(TrainingRow, name))]
    made = TrainingRow.outcome
    return func.jsonb_build_object(*pairs, "user", user, "metrics", made["metrics"], "outcome", made["outcome"])
