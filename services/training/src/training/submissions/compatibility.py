"""Whether a training can be expected to work at all, said before any run."""

from typing import Any

from geoml.split import split_error
from training.submissions.domain import BaseModelSummary, DatasetSummary, incompatibilities


def incompatibility_reasons(base: BaseModelSummary, data: DatasetSummary, hyperparameters: dict[str, Any]) -> list[str]:
    """Why this model cannot learn from this dataset, one sentence each."""
    return [*incompatibilities(base, data), *_too_few_chips(data, hyperparameters)]


def _too_few_chips(data: DatasetSummary, hyperparameters: dict[str, Any]) -> list[str]:
    """A model that splits by values of its own kind is left to its own judgement."""
    try:
        words = split_error(data.chip_count, hyperparameters) if data.chip_count is not None else ""
    except (TypeError, ValueError):
        return []
    return [words] if words else []
