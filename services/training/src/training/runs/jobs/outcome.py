"""What a completed run has made, read once from the pipeline server and its artifact store."""

import asyncio
import json
from datetime import datetime
from typing import Any, Final

from pydantic import ValidationError

from contracts.shared import Outcome, ReasonCount
from geoml.jsonable import NotJsonable, jsonable
from kit.errors import NotFound
from kit.retry import retry_transient
from kit.storage.object_storage import Storage
from pipelines.port import Artifact, Pipelines, RunState, StepState

TRAINING_STEP = "train_model"
FILES = ("trained_model", "onnx_model")
FILE_SHOWN_WITHIN: Final = 20.0
"""Seconds in which the store shows a file that the pipeline server knows."""


class UnreadableOutput(Exception):
    """An output of the run cannot be read and never will be; the text is for a mapper."""


async def collect_outcome(
    run_id: str, pipelines: Pipelines, storage: Storage, chip_count: int | None = None
) -> dict[str, Any]:
    """`{metrics, split, outcome, artifacts, version, started_at, ended_at, wall_seconds}`; times are those of the
    training step, `outcome` is that of the chips, of which the dataset had `chip_count`.

    What the plug-in did not make is left out, a metric that is not defined (NaN, infinite) is None. Raises
    PipelinesDown and Unavailable, which time cures, and Unreadable.
    """
    state, made = await asyncio.gather(pipelines.state(run_id), pipelines.artifacts(run_id))
    metrics, split = await asyncio.gather(
        *(_value(made[name], storage) if name in made else _nothing() for name in ("metrics", "split_info"))
    )
    artifacts = {name: made[name].file for name in FILES if name in made and made[name].file}
    version = state.model_version or 0
    outcome = chip_outcome(split.pop("outcome", None), chip_count)
    told = {"metrics": metrics, "split": split, "outcome": outcome and outcome.model_dump(mode="json")}
    return {**told, "artifacts": artifacts, "version": version, **_times(state)}


def chip_outcome(told: Any, chip_count: int | None) -> Outcome | None:
    """What the plug-in tells of the chips that it found, and those that it did not find any more. None when it tells
    nothing."""
    try:
        outcome = Outcome.model_validate(told)
    except ValidationError:
        return None
    gone = (chip_count or 0) - outcome.wanted
    if gone <= 0:
        return outcome
    missing = ReasonCount(reason="The chip is not in the store of the dataset any more.", count=gone, examples=[])
    return outcome.model_copy(update={"wanted": chip_count, "left_out": [*outcome.left_out, missing]})


def _times(state: RunState) -> dict[str, Any]:
    step = next((step for step in state.steps if step.name == TRAINING_STEP), None) or _whole(state)
    seconds = (step.ended - step.started).total_seconds() if step.started and step.ended else None
    return {"started_at": _iso(step.started), "ended_at": _iso(step.ended), "wall_seconds": seconds}


def _whole(state: RunState) -> StepState:
    return StepState("", state.status, started=state.started, ended=state.ended)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


async def _nothing() -> dict[str, Any]:
    return {}


async def _value(artifact: Artifact, storage: Storage) -> dict[str, Any]:
    try:
        content = await retry_transient(
            lambda: storage.get_from(artifact.value_file), FILE_SHOWN_WITHIN, lambda error: isinstance(error, NotFound)
        )
    except NotFound as error:
        raise UnreadableOutput(f"The output {artifact.name} of the run is not there any more.") from error
    return read_value(artifact.name, content)


def read_value(name: str, content: bytes) -> dict[str, Any]:
    """From ZenML's JSON, which writes NaN and Infinity as such. A value alone goes by the name of its output."""
    try:
        value = jsonable(json.loads(content), name)
    except (ValueError, RecursionError) as error:
        why = str(error) if isinstance(error, NotJsonable) else "its file is damaged"
        raise UnreadableOutput(f"The output {name} of the run cannot be read: {why}") from error
    return value if isinstance(value, dict) else {name: value}
