"""Metadata of a ZenML run and of its model version. Needs ZenML, so only pipelines import it."""

from collections.abc import Mapping
from typing import Any

from zenml import get_step_context, log_metadata

from geoml.jsonable import jsonable

NOT_DEFINED = "not defined"
"""Written for NaN and infinite numbers: a ZenML server rejects a whole call, and with it the step, for one NaN."""


def log_run_metadata(values: Mapping[str, Any]) -> None:
    """Writes each value under `fair/<key>` to the run and to the model version, where promotion reads it.

    Does nothing outside a pipeline run, when a step is called as a plain function.
    """
    try:
        context = get_step_context()
    except RuntimeError:
        return
    metadata = to_zenml_metadata(values)
    log_metadata(metadata=metadata, run_id_name_or_prefix=context.pipeline_run.id)
    if context.pipeline_run.model_version or context.step_run.model_version:
        log_metadata(metadata=metadata, infer_model=True)


def to_zenml_metadata(values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns plain values with the prefix `fair/`; NOT_DEFINED replaces None, which ZenML does not accept there."""
    plain = jsonable(values, "what was recorded")
    return {f"fair/{key}": NOT_DEFINED if value is None else value for key, value in plain.items()}
