"""What the permission matrix needs and no route declares; `tests.surface.declared` derives the rest."""

from tests.surface.expected import Row
from tests.surface.table import (
    channels,
    dashboards,
    datasets,
    early,
    early_feedback,
    early_runs,
    files,
    label_store,
    labels,
    models,
    packages,
    people,
    predictions,
    system,
    trainings,
)

MODULES = (
    datasets, labels, models, trainings, predictions, people, system, files, packages, early, early_runs,
    early_feedback, label_store, dashboards, channels,
)  # fmt: skip
ROWS: list[Row] = [row for module in MODULES for row in module.ROWS]
