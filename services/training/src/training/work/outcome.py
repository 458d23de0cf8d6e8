"""What a completed run has made, read once from the pipeline server and its artifact store."""

import asyncio
from datetime import datetime
from typing import Any

import orjson

from kit.errors import NotFound, Unavailable
from kit.storage import Storage
from pipelines.port import ArtifactNotFound, Pipelines, RunState, StepState

TRAINING_STEP = "train_model"
FILES = ("trained_model", "onnx_model")


async def collect(run_id: str, pipelines: Pipelines, storage: Storage) -> dict[str, Any]:
    """`{metrics, split, artifacts, version, started_at, ended_at, wall_seconds}`; times are those of the training step.

    What the plug-in did not make is left out. Raises PipelinesDown, Unavailable.
    """
    state, metrics, split, *files = await asyncio.gather(
        pipelines.state(run_id),
        _value(run_id, "metrics", pipelines, storage),
        _value(run_id, "split_info", pipelines, storage),
        *(_file(run_id, name, pipelines) for name in FILES),
    )
    artifacts = {name: uri for name, uri in zip(FILES, files, strict=True) if uri}
    version = state.model_version or 0
    return {"metrics": metrics, "split": split, "artifacts": artifacts, "version": version, **_times(state)}


def _times(state: RunState) -> dict[str, Any]:
    step = next((step for step in state.steps if step.name == TRAINING_STEP), None) or _whole(state)
    seconds = (step.ended - step.started).total_seconds() if step.started and step.ended else None
    return {"started_at": _iso(step.started), "ended_at": _iso(step.ended), "wall_seconds": seconds}


def _whole(state: RunState) -> StepState:
    return StepState("", state.status, started=state.started, ended=state.ended)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


async def _file(run_id: str, name: str, pipelines: Pipelines) -> str | None:
    try:
        return (await pipelines.artifact(run_id, name)).file
    except ArtifactNotFound:
        return None


async def _value(run_id: str, name: str, pipelines: Pipelines, storage: Storage) -> dict[str, Any]:
    uri = await _file(run_id, name, pipelines)
    return orjson.loads(await _content(uri, storage)) if uri else {}


async def _content(uri: str, storage: Storage) -> bytes:
    """A file that the pipeline server knows is waited for."""
    try:
        return await storage.get_from(uri)
    except NotFound as error:
        raise Unavailable("storage_error", "The artifact store does not show a file of the run.") from error
