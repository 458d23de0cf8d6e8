"""The permission matrix: one row for each route and method of the gateway."""

from tests.surface.expected import Row
from tests.surface.table import (
    datasets,
    early,
    early_feedback,
    early_runs,
    files,
    labels,
    models,
    people,
    predictions,
    system,
    trainings,
)

MODULES = (datasets, labels, models, trainings, predictions, people, system, files, early, early_runs, early_feedback)
ROWS: list[Row] = [row for module in MODULES for row in module.ROWS]
