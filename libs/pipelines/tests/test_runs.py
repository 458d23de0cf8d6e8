"""Runs from beginning to end, on real servers."""

import asyncio
import json
import os
import signal
import sys
import time
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from pipelines.launcher import Launcher
from pipelines.outcome import RunOutcome
from pipelines.port import RunSpec, RunState, RunStatus
from pipelines.run_process import RunProcess
from pipelines.zenml import ZenMLPipelines

pytestmark = pytest.mark.live
LONG = {"epochs": 600, "seconds": 0.1}


async def epoch_of(child: RunProcess) -> None:
    """Returns when the training step is at work."""
    async with asyncio.timeout(60):
        async for report in child.reports():
            if report["type"] == "epoch":
                return


async def test_reports_tell_each_transition_and_epoch(
    told_run: tuple[RunSpec, list[dict[str, Any]], RunOutcome],
) -> None:
    _, reports, end = told_run
    assert end == RunOutcome("completed", "", reports[0]["run_id"])
    told = [(report["type"], report.get("name"), report.get("status") or report.get("epoch")) for report in reports]
    assert told == [
        ("status", None, "initializing"),
        ("status", None, "running"),
        ("step", "train_model", "running"),
        ("epoch", None, 1),
        ("epoch", None, 2),
        ("step", "train_model", "completed"),
        ("step", "evaluate_model", "running"),
        ("step", "evaluate_model", "completed"),
    ]


async def test_packages_are_on_record_where_there_is_no_pip(
    finished: tuple[RunSpec, RunState], pipelines: ZenMLPipelines
) -> None:
    run = await pipelines._http.get(f"/runs/{finished[1].id}", include_python_packages=True)
    for environment in ("client_environment", "orchestrator_environment"):
        packages = run["metadata"][environment]["python_packages"].splitlines()
        assert f"zenml=={version('zenml')}" in packages


async def test_raising_step_fails_the_run_with_its_words(
    launcher: Launcher, pipelines: ZenMLPipelines, a_spec: Any
) -> None:
    async with launcher.start(a_spec(labels=0)) as child:
        end = await child.wait()
    assert end.status == "failed"
    assert end.cause == "run"
    assert end.reason == "The step evaluate_model failed: The labels hold no building inside the chips"
    assert end.run_id
    state = await pipelines.state(end.run_id)
    assert (state.status, state.reason) == (RunStatus.FAILED, end.reason)
    assert [step.status for step in state.steps] == ["completed", "failed"]
    assert "Traceback" in child.log.read_text()


async def test_killed_child_fails_the_run_here_and_on_the_server(
    launcher: Launcher, pipelines: ZenMLPipelines, a_spec: Any
) -> None:
    async with launcher.start(a_spec(**LONG)) as child:
        await epoch_of(child)
        start = time.monotonic()
        os.kill(child.pid, signal.SIGKILL)
        end = await child.wait()
        assert time.monotonic() - start < 2
    assert end == RunOutcome("failed", "The process of the run was killed (signal 9)", child.run_id, "killed")
    assert end.run_id
    state = await pipelines.state(end.run_id)
    assert (state.status, state.reason) == (RunStatus.FAILED, end.reason)
    assert [step.status for step in state.steps] == ["failed"]


@pytest.mark.spec("21.4", "stop run")
async def test_cancel_stops_the_step_in_hand(launcher: Launcher, pipelines: ZenMLPipelines, a_spec: Any) -> None:
    async with launcher.start(a_spec(**LONG)) as child:
        await epoch_of(child)
        end = await child.cancel()
    assert (end.status, end.cause) == ("stopped", "run")
    assert end.run_id
    state = await pipelines.state(end.run_id)
    assert [state.status, *(step.status for step in state.steps)] == ["stopped", "stopped"]


async def test_cancel_kills_a_step_that_ignores_it(launcher: Launcher, pipelines: ZenMLPipelines, a_spec: Any) -> None:
    async with launcher.start(a_spec(**LONG)) as child:
        await epoch_of(child)
        os.kill(child.pid, signal.SIGSTOP)
        end = await child.cancel(limit=0.5)
    assert end.status == "stopped"
    assert end.run_id
    assert (await pipelines.state(end.run_id)).status is RunStatus.STOPPED


async def test_leaving_early_ends_the_run(launcher: Launcher, pipelines: ZenMLPipelines, a_spec: Any) -> None:
    async with launcher.start(a_spec(**LONG)) as child:
        await epoch_of(child)
    assert child.run_id
    assert (await pipelines.state(child.run_id)).status is RunStatus.FAILED


async def test_same_name_runs_once(
    launcher: Launcher, env: dict[str, str], workdir: Path, pipelines: ZenMLPipelines, a_spec: Any
) -> None:
    spec: RunSpec = a_spec(**LONG)
    async with launcher.start(spec) as first:
        await epoch_of(first)
        async with RunProcess.start(spec, env, workdir, pipelines) as second:
            assert await anext(second.reports()) == {"type": "status", "status": "running", "run_id": first.run_id}
            await first.cancel()
            ends = await asyncio.gather(first.wait(), second.wait())
    assert ends == [RunOutcome("stopped", "Stopped on request", first.run_id)] * 2
    assert spec.model_name
    assert [run.name for run in await pipelines.runs_of_model(spec.model_name)].count(spec.name) == 1


WORKER = """
import asyncio, json, sys
from pathlib import Path
from pipelines.launcher import Launcher
from pipelines.run_process import RunProcess
from pipelines.port import RunSpec
async def main():
    spec, workdir = RunSpec(**json.loads(sys.argv[1])), Path(sys.argv[2])
    async with Launcher({}, workdir) as launcher, {START} as child:
        async for report in child.reports():
            if report["type"] == "epoch":
                print(child.pid, child.run_id, flush=True)
asyncio.run(main())
"""
STARTS = ("launcher.start(spec)", "RunProcess.start(spec, {}, workdir)")


async def dead(pid: int) -> None:
    """Returns when the process has ended, whoever its parent is."""
    gone, handle = asyncio.Event(), os.pidfd_open(pid)
    asyncio.get_running_loop().add_reader(handle, gone.set)
    try:
        await gone.wait()
    finally:
        asyncio.get_running_loop().remove_reader(handle)
        os.close(handle)


@pytest.mark.parametrize("start", STARTS)
async def test_run_dies_with_its_worker_and_the_next_one_closes_it(
    launcher: Launcher, env: dict[str, str], workdir: Path, pipelines: ZenMLPipelines, a_spec: Any, start: str
) -> None:
    spec = a_spec(**LONG)
    arguments = [sys.executable, "-c", WORKER.replace("{START}", start), json.dumps(asdict(spec)), str(workdir)]
    worker = await asyncio.create_subprocess_exec(*arguments, env={**os.environ, **env}, stdout=asyncio.subprocess.PIPE)
    assert worker.stdout
    pid, run_id = (await asyncio.wait_for(worker.stdout.readline(), 60)).decode().split()
    worker.kill()
    await asyncio.wait_for(dead(int(pid)), 2)
    await worker.wait()
    assert (await pipelines.state(run_id)).status is RunStatus.RUNNING
    async with launcher.start(spec) as child:
        end = await child.wait()
    assert (end.status, end.cause, end.run_id) == ("failed", "killed", run_id)
    assert (await pipelines.state(run_id)).status is RunStatus.FAILED


async def test_missing_plugin_is_a_bad_spec(launcher: Launcher, pipelines: ZenMLPipelines, a_spec: Any) -> None:
    spec = RunSpec(a_spec().name, "models.nothing.pipeline", "training")
    async with launcher.start(spec) as child:
        end = await child.wait()
    assert end == RunOutcome("failed", "The model models.nothing.pipeline cannot be loaded", None, "spec")
    assert await pipelines.find_run(spec.name) is None
