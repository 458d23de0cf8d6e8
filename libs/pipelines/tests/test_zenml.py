"""What the adapter reads of a finished run, and how it bears a server that is away."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.port import (
    AlreadyFinished,
    ArtifactNotFound,
    PipelinesDown,
    RunNotFound,
    RunSpec,
    RunState,
    RunStatus,
    StepNotFound,
)
from pipelines.run_process import RunProcess
from pipelines.zenml import ZenMLPipelines
from stack.line import line_to

pytestmark = pytest.mark.live


@pytest.mark.spec("21.4", "run status")
async def test_state_tells_steps_times_and_model(finished: tuple[RunSpec, RunState], pipelines: ZenMLPipelines) -> None:
    spec, state = finished
    assert (state.name, state.status, state.reason) == (spec.name, RunStatus.COMPLETED, "")
    assert (state.model_name, state.model_version) == (spec.model_name, state.model_version or 0)
    assert [(step.name, step.status) for step in state.steps] == [
        ("train_model", "completed"),
        ("evaluate_model", "completed"),
    ]
    first, last = state.steps
    times = [time for time in (state.started, first.ended, last.started, state.ended) if time]
    assert len(times) == 4
    assert times == sorted(times)
    assert await pipelines.find_run(spec.name) == state


async def test_artifacts_are_readable_by_their_file(
    finished: tuple[RunSpec, RunState], pipelines: ZenMLPipelines, read: Callable[[str | None], bytes]
) -> None:
    run_id = finished[1].id
    metrics, weights = await pipelines.artifact(run_id, "metrics"), await pipelines.artifact(run_id, "trained_model")
    assert json.loads(read(metrics.file)) == {"accuracy": 0.5}
    assert read(weights.file) == b"weights of hill-top"
    assert weights.step == "train_model"
    assert await pipelines.metadata(run_id) == {"fair/split": {"train_count": 3}}
    with pytest.raises(ArtifactNotFound, match="Available: metrics, trained_model"):
        await pipelines.artifact(run_id, "onnx_model")


@pytest.mark.spec("21.4", "run logs")
async def test_logs_by_step_tail_and_since(finished: tuple[RunSpec, RunState], pipelines: ZenMLPipelines) -> None:
    run_id = finished[1].id
    step = await pipelines.logs(run_id, "train_model")
    assert ("INFO", "training hill-top") in [(entry.level, entry.message) for entry in step]
    everything = await pipelines.logs(run_id)
    assert len(everything) > len(step)
    assert "training hill-top" in [entry.message for entry in everything]
    assert await pipelines.logs(run_id, tail=2) == everything[-2:]
    since = everything[2].timestamp
    assert since
    assert await pipelines.logs(run_id, since=since) == [
        entry for entry in everything if entry.timestamp and entry.timestamp > since
    ]
    with pytest.raises(StepNotFound, match="Available: train_model, evaluate_model") as unknown:
        await pipelines.logs(run_id, "export_onnx")
    assert unknown.value.available == ["train_model", "evaluate_model"]


@pytest.mark.spec("21.4", "list runs")
async def test_runs_of_model_newest_first(finished: tuple[RunSpec, RunState], pipelines: ZenMLPipelines) -> None:
    spec, state = finished
    assert spec.model_name
    runs = await pipelines.runs_of_model(spec.model_name)
    mine = next(run for run in runs if run.id == state.id)
    assert (mine.name, mine.status, mine.pipeline_name) == (spec.name, "completed", "training_pipeline")
    assert (mine.model_name, mine.model_version) == (spec.model_name, state.model_version)
    times = [run.created_at for run in runs if run.created_at]
    assert times == sorted(times, reverse=True)
    assert await pipelines.runs_of_model(spec.model_name, limit=1) == runs[:1]
    assert await pipelines.runs_of_model("never-trained") == []


async def test_finished_run_can_neither_stop_nor_change(
    finished: tuple[RunSpec, RunState], pipelines: ZenMLPipelines
) -> None:
    state = finished[1]
    with pytest.raises(AlreadyFinished):
        await pipelines.stop(state.id)
    await pipelines.mark_ended(state.id, RunStatus.FAILED, "too late")
    assert await pipelines.state(state.id) == state


@pytest.mark.parametrize("run_id", ["7", "00000000-0000-4000-8000-000000000000"])
async def test_unknown_run_is_not_found(run_id: str, pipelines: ZenMLPipelines) -> None:
    with pytest.raises(RunNotFound):
        await pipelines.state(run_id)
    assert await pipelines.find_run(run_id) is None


async def test_down_server_is_pipelines_down_and_comes_back(
    finished: tuple[RunSpec, RunState], servers: dict[str, str]
) -> None:
    state = finished[1]
    async with (
        line_to(servers["FAIR_ZENML_STORE_URL"]) as line,
        ZenMLPipelines(line.url, servers["FAIR_ZENML_STORE_API_KEY"], retry_seconds=5) as pipelines,
    ):
        assert await pipelines.state(state.id) == state
        await line.cut()
        hasty = ZenMLPipelines(line.url, servers["FAIR_ZENML_STORE_API_KEY"], retry_seconds=0.3)
        with pytest.raises(PipelinesDown):
            await hasty.state(state.id)
        await hasty.aclose()
        patient = asyncio.create_task(pipelines.state(state.id))
        await asyncio.wait({patient}, timeout=0.5)
        assert not patient.done()
        await line.open()
        assert await patient == state


async def test_refused_key_is_pipelines_down(servers: dict[str, str]) -> None:
    async with ZenMLPipelines(servers["FAIR_ZENML_STORE_URL"], "ZENKEY_wrong", retry_seconds=0) as pipelines:
        with pytest.raises(PipelinesDown, match="rejects the API key"):
            await pipelines.find_run("x")


async def test_child_without_server_says_so(env: dict[str, str], workdir: Path, a_spec: Any) -> None:
    async with RunProcess.start(a_spec(), {**env, "FAIR_ZENML_STORE_URL": "http://127.0.0.1:9"}, workdir) as child:
        end = await child.wait()
    assert (end.status, end.cause, end.reason) == ("failed", "server", "The pipeline server could not be reached")
