"""Facts of a run on its ZenML run and model version, where promotion finds them. For pipelines only: needs ZenML."""

from collections.abc import Mapping
from typing import Any

from zenml import get_step_context, log_metadata


def record(facts: Mapping[str, Any]) -> None:
    """Each under `fair/<key>`. Outside a pipeline run (a step called as a plain function) nothing is recorded."""
    try:
        context = get_step_context()
    except RuntimeError:
        return
    metadata = {f"fair/{key}": value for key, value in facts.items()}
    log_metadata(metadata, run_id_name_or_prefix=context.pipeline_run.id)
    if context.pipeline_run.model_version or context.step_run.model_version:
        log_metadata(metadata, infer_model=True)
